//! Data classes: what kind of personal data a value is, and the set of classes that flow into an expression.

/// A data class, by its number in [`Classes`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Class(pub u8);

impl Class {
    /// Open to everyone: names of schools, codes of courses.
    pub const PUBLIC: Class = Class(0);
    /// About a person; what a field of a person without a class counts as.
    pub const PERSONAL: Class = Class(1);
    /// How to reach a person.
    pub const CONTACT: Class = Class(2);
    /// A number by which a state knows a person: personnummer, BSN, rijksregisternummer.
    pub const NATIONAL_ID: Class = Class(3);
    /// GDPR art. 9: religion, health.
    pub const SPECIAL: Class = Class(4);
    /// Passwords, keys.
    pub const SECRET: Class = Class(5);
}

/// The classes of a project by name: the six of the language and those that its models add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(Vec<String>);

impl Default for Classes {
    fn default() -> Classes {
        Classes(["public", "personal", "contact", "national_id", "special", "secret"].map(String::from).to_vec())
    }
}

impl Classes {
    /// The class of this name.
    pub fn find(&self, name: &str) -> Option<Class> {
        self.0.iter().position(|known| known == name).map(|index| Class(index as u8))
    }

    /// The name of a class.
    pub fn name(&self, class: Class) -> &str {
        &self.0[class.0 as usize]
    }

    /// All names, in order.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Adds a class of a model; at most 32 in all. Returns the known one if the name exists.
    pub fn add(&mut self, name: &str) -> Option<Class> {
        self.find(name).or_else(|| {
            (self.0.len() < 32).then(|| {
                self.0.push(name.to_string());
                Class(self.0.len() as u8 - 1)
            })
        })
    }
}

/// A set of classes: what flows into a value, its conditions included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ClassSet(u32);

impl ClassSet {
    /// Nothing personal: constants.
    pub const NONE: ClassSet = ClassSet(0);

    /// The set of one class; `public` is the empty set.
    pub const fn of(class: Class) -> ClassSet {
        if class.0 == Class::PUBLIC.0 { ClassSet(0) } else { ClassSet(1 << class.0) }
    }

    /// Both sets.
    #[must_use]
    pub fn and(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 | other.0)
    }

    /// This set without a class.
    #[must_use]
    pub fn without(self, class: Class) -> ClassSet {
        ClassSet(self.0 & !(1 << class.0))
    }

    /// True if the class is in the set.
    pub fn has(self, class: Class) -> bool {
        self.0 & (1 << class.0) != 0
    }

    /// True if nothing personal flows.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes, in order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        (0..32).map(Class).filter(move |&class| self.has(class))
    }
}

impl std::fmt::Debug for ClassSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(|class| class.0)).finish()
    }
}
