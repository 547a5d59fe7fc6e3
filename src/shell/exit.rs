//! Exit codes: what scripts and schedulers learn of a command.

/// How a command ended. The order is that of the numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// 0: done; also with warnings, also a preview that shows changes.
    Done,
    /// 1: findings of severity error, failed tests, records rejected or held or stale; changes where `--exit-code` asks.
    Found,
    /// 2: wrong arguments, or something around the command is missing: a file, a permission, a disk.
    Usage,
    /// 3: stopped by a guard; nothing was written.
    Stopped,
    /// 130: interrupted from the keyboard.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Stopped => 3,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> std::process::ExitCode {
        std::process::ExitCode::from(exit.code())
    }
}
