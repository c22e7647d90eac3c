//! What rows held before the latest groups, for views that are older than those groups.
//!
//! The engine on disk shows only its latest state. So a group first leaves the before-images of its rows
//! here, is then written to the engine, and is published last. A view reads the engine *first* and the
//! images *after*: if the engine already showed a row of a later group, that group's image of the row was
//! here before, and stays as long as the view does. The oldest image that is newer than the view is what
//! the row held at the view's state.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use super::digest::TableDigest;
use super::row_key::RowRange;
use super::{Error, Head};

/// A view that is older than this answers [`Error::ViewExpired`], so that images are bounded in time.
pub const VIEW_AGE_MAX: Duration = Duration::from_secs(30);

/// Counts the groups applied since opening; the order of groups whatever their epoch.
pub(super) type Turn = u64;

/// A row as a group found it; `None`: there was no row.
pub(super) type Image = Option<Bytes>;

/// The state that a new view shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Published {
    pub(super) turn: Turn,
    pub(super) head: Option<Head>,
    pub(super) digest: TableDigest,
}

/// A view's place in the register of views.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    id: u64,
    pub(super) turn: Turn,
}

struct OpenView {
    turn: Turn,
    opened: Duration,
}

/// The images, the register of views that may need them, and what is published.
pub(super) struct BeforeImages {
    published: Published,
    /// Images of each row in the order of the groups that replaced them.
    images: BTreeMap<Bytes, VecDeque<(Turn, Image)>>,
    /// The rows of each group that has images, oldest group first.
    groups: VecDeque<(Turn, Vec<Bytes>)>,
    /// In order of opening, hence of turn.
    views: BTreeMap<u64, OpenView>,
    views_opened: u64,
}

impl BeforeImages {
    pub(super) fn new(head: Option<Head>, digest: TableDigest) -> Self {
        Self {
            published: Published {
                turn: 0,
                head,
                digest,
            },
            images: BTreeMap::new(),
            groups: VecDeque::new(),
            views: BTreeMap::new(),
            views_opened: 0,
        }
    }

    pub(super) fn published(&self) -> Published {
        self.published
    }

    /// Registers a view of the published state.
    pub(super) fn open_view(&mut self, now: Duration) -> (Ticket, Option<Head>) {
        let ticket = Ticket {
            id: self.views_opened,
            turn: self.published.turn,
        };
        self.views_opened += 1;
        self.views.insert(
            ticket.id,
            OpenView {
                turn: ticket.turn,
                opened: now,
            },
        );
        (ticket, self.published.head)
    }

    /// Strikes a view from the register and drops the images that only it needed.
    pub(super) fn close_view(&mut self, ticket: Ticket) {
        self.views.remove(&ticket.id);
        self.drop_unneeded();
    }

    /// Keeps the images of the group that is about to be written, and returns its turn.
    pub(super) fn stage(&mut self, images: Vec<(Bytes, Image)>) -> Turn {
        let turn = self.published.turn + 1;
        let mut rows = Vec::with_capacity(images.len());
        for (row, image) in images {
            self.images
                .entry(row.clone())
                .or_default()
                .push_back((turn, image));
            rows.push(row);
        }
        self.groups.push_back((turn, rows));
        turn
    }

    /// Makes the group that was staged last visible to new views.
    pub(super) fn publish(&mut self, published: Published, now: Duration) {
        debug_assert_eq!(published.turn, self.published.turn + 1);
        self.published = published;
        self.views.retain(|_, view| !is_expired(view, now));
        self.drop_unneeded();
    }

    /// Says whether the view may still trust the images; asked after the engine was read.
    pub(super) fn check(&self, ticket: Ticket, now: Duration) -> Result<(), Error> {
        match self.views.get(&ticket.id) {
            Some(view) if !is_expired(view, now) => Ok(()),
            Some(_) | None => Err(Error::ViewExpired),
        }
    }

    /// What the row held at `turn`, if a later group replaced it.
    pub(super) fn at(&self, row: &[u8], turn: Turn) -> Option<&Image> {
        oldest_after(self.images.get(row)?, turn)
    }

    /// The rows of the range that groups later than `turn` replaced, as they were, in order.
    pub(super) fn range_at(&self, range: &RowRange, turn: Turn) -> impl Iterator<Item = (&Bytes, &Image)> {
        self.images
            .range::<[u8], _>(range.borders())
            .filter_map(move |(row, images)| Some((row, oldest_after(images, turn)?)))
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.images.is_empty() && self.groups.is_empty()
    }

    /// A group's images are needed while a view of an earlier turn is registered.
    fn drop_unneeded(&mut self) {
        let oldest = self
            .views
            .first_key_value()
            .map_or(self.published.turn, |(_, view)| view.turn);
        while self.groups.front().is_some_and(|(turn, _)| *turn <= oldest) {
            let (_, rows) = self.groups.pop_front().expect("the front was just looked at");
            for row in rows {
                if let Some(images) = self.images.get_mut(&row) {
                    images.pop_front();
                    if images.is_empty() {
                        self.images.remove(&row);
                    }
                }
            }
        }
    }
}

fn oldest_after(images: &VecDeque<(Turn, Image)>, turn: Turn) -> Option<&Image> {
    images
        .iter()
        .find(|(replaced_by, _)| *replaced_by > turn)
        .map(|(_, image)| image)
}

fn is_expired(view: &OpenView, now: Duration) -> bool {
    now.saturating_sub(view.opened) > VIEW_AGE_MAX
}
