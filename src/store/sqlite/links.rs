//! Links: what is remembered of each record.

use super::Store;
use crate::store::{Link, LinkState, StoreFault};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{OptionalExtension, Row, Statement, params};

/// The columns of a link in the order of [`link`], in `links` and in `intents` alike.
pub(super) const COLUMNS: &str = "left_key, right_key, right_id, state, ours, seen, hash, identities, vals";

impl Store {
    /// Every link of an entity of a sync, in the order of the left keys (by bytes).
    pub fn links(&self, sync: &str, entity: &str, each: &mut dyn FnMut(Link)) -> Result<(), StoreFault> {
        self.each_link(COLUMNS, sync, entity, each)
    }

    /// The same without their values.
    pub fn links_without_values(&self, sync: &str, entity: &str, each: &mut dyn FnMut(Link)) -> Result<(), StoreFault> {
        self.each_link(&COLUMNS.replace("vals", "X''"), sync, entity, each)
    }

    fn each_link(&self, columns: &str, sync: &str, entity: &str, each: &mut dyn FnMut(Link)) -> Result<(), StoreFault> {
        self.read(|connection| {
            let mut all = connection.prepare_cached(&format!(
                "SELECT {columns} FROM links WHERE sync = ?1 AND entity = ?2 ORDER BY left_key"
            ))?;
            let mut rows = all.query([sync, entity])?;
            while let Some(row) = rows.next()? {
                each(link(row)?);
            }
            Ok(())
        })
    }

    /// The link of a left record.
    pub fn link(&self, sync: &str, entity: &str, left_key: &str) -> Result<Option<Link>, StoreFault> {
        self.read(|connection| {
            let mut one = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM links WHERE sync = ?1 AND entity = ?2 AND left_key = ?3"
            ))?;
            one.query_row([sync, entity, left_key], link).optional()
        })
    }

    /// How many links of an entity are active, and how many deactivated.
    pub fn link_count(&self, sync: &str, entity: &str) -> Result<(u64, u64), StoreFault> {
        self.read(|connection| {
            let mut count = connection.prepare_cached(
                "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1)
                 FROM links WHERE sync = ?1 AND entity = ?2",
            )?;
            let (active, deactivated): (i64, i64) = count.query_row([sync, entity], |row| row.try_into())?;
            Ok((active.cast_unsigned(), deactivated.cast_unsigned()))
        })
    }

    /// Whether a sync has ever linked anything that is still linked; if not, its next run is a first run.
    pub fn has_links(&self, sync: &str) -> Result<bool, StoreFault> {
        self.read(|connection| {
            let mut one = connection.prepare_cached("SELECT 1 FROM links WHERE sync = ?1 LIMIT 1")?;
            Ok(one.query_row([sync], |_| Ok(())).optional()?.is_some())
        })
    }

    /// Forgets the values of these left records, not their links: of protected people nothing is kept that is not needed.
    pub fn blank<'k>(
        &mut self,
        sync: &str,
        entity: &str,
        left_keys: impl IntoIterator<Item = &'k str>,
    ) -> Result<(), StoreFault> {
        self.change(|transaction| {
            let mut blank = transaction.prepare_cached(
                "UPDATE links SET vals = X'', hash = ?4 WHERE sync = ?1 AND entity = ?2 AND left_key = ?3",
            )?;
            for left_key in left_keys {
                blank.execute(params![sync, entity, left_key, 0_u128.to_be_bytes()])?;
            }
            Ok(())
        })
    }

    /// Notes that a run saw these left records.
    pub fn touch<'k>(
        &mut self,
        sync: &str,
        entity: &str,
        left_keys: impl IntoIterator<Item = &'k str>,
        run: i64,
    ) -> Result<(), StoreFault> {
        self.change(|transaction| {
            let mut touch = transaction.prepare_cached(
                "UPDATE links SET seen = ?4 WHERE sync = ?1 AND entity = ?2 AND left_key = ?3 AND seen < ?4",
            )?;
            for left_key in left_keys {
                touch.execute(params![sync, entity, left_key, run])?;
            }
            Ok(())
        })
    }
}

/// The link of a row that begins with [`COLUMNS`].
pub(super) fn link(row: &Row) -> rusqlite::Result<Link> {
    Ok(Link {
        left_key: row.get(0)?,
        right_key: row.get(1)?,
        right_id: row.get(2)?,
        state: match row.get::<_, i64>(3)? {
            0 => LinkState::Active,
            1 => LinkState::Deactivated,
            _ => return Err(wrong(3, Type::Integer)),
        },
        ours: row.get(4)?,
        seen: row.get(5)?,
        hash: u128::from_be_bytes(row.get(6)?),
        identities: identities(row)?,
        values: row.get(8)?,
    })
}

fn identities(row: &Row) -> rusqlite::Result<Vec<u64>> {
    let (whole, rest) = row.get_ref(7)?.as_blob().map_err(|_| wrong(7, Type::Blob))?.as_chunks();
    if !rest.is_empty() {
        return Err(wrong(7, Type::Blob));
    }
    Ok(whole.iter().map(|bytes| u64::from_be_bytes(*bytes)).collect())
}

/// A column does not hold what the columns of a store hold.
fn wrong(column: usize, found: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, found, Box::new(FromSqlError::InvalidType))
}

/// Binds a link to nine parameters from `first` on, in the order of [`COLUMNS`].
pub(super) fn bind(statement: &mut Statement, first: usize, link: &Link) -> rusqlite::Result<()> {
    let state = match link.state {
        LinkState::Active => 0,
        LinkState::Deactivated => 1,
    };
    let identities: Vec<u8> = link.identities.iter().flat_map(|identity| identity.to_be_bytes()).collect();
    statement.raw_bind_parameter(first, &link.left_key)?;
    statement.raw_bind_parameter(first + 1, &link.right_key)?;
    statement.raw_bind_parameter(first + 2, &link.right_id)?;
    statement.raw_bind_parameter(first + 3, state)?;
    statement.raw_bind_parameter(first + 4, link.ours)?;
    statement.raw_bind_parameter(first + 5, link.seen)?;
    statement.raw_bind_parameter(first + 6, link.hash.to_be_bytes())?;
    statement.raw_bind_parameter(first + 7, identities)?;
    statement.raw_bind_parameter(first + 8, &link.values)
}
