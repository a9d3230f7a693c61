//! Waiting items in order of arrival. No project takes the room of another.
//!
//! # Limits
//!
//! [`MAX_OF_PROJECT`] per project and [`MAX`] in total. Above that, the newest item of the project with most
//! items is dropped, so a project only loses its own.

use std::collections::HashMap;

/// The limit per project.
pub(super) const MAX_OF_PROJECT: usize = 64;
/// The limit for all projects.
const MAX: usize = 4 * MAX_OF_PROJECT;

/// An item that waits for a project.
pub(super) trait Waits {
    fn project(&self) -> &Option<String>;
}

pub(super) struct Queue<T>(Vec<T>);

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Waits> Queue<T> {
    /// Appends `new`. Returns the item that is dropped for it, possibly `new` itself.
    #[must_use]
    pub(super) fn push(&mut self, new: T) -> Option<T> {
        let own = self.iter().filter(|other| other.project() == new.project());
        let own = own.count();
        if own == MAX_OF_PROJECT {
            return Some(new);
        }
        if self.len() < MAX {
            self.0.push(new);
            return None;
        }
        let mut counts = HashMap::new();
        for other in self.iter() {
            *counts.entry(other.project()).or_insert(0) += 1;
        }
        let (largest, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        if count <= own + 1 {
            return Some(new);
        }
        let newest = self.0.iter().rposition(|other| other.project() == largest);
        let gone = newest.map(|place| self.0.remove(place));
        self.0.push(new);
        gone
    }

    /// Puts `first` at the front, because it has waited before.
    pub(super) fn put_back(&mut self, first: T) {
        self.0.insert(0, first);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        self.remove(0)
    }

    pub(super) fn remove(&mut self, place: usize) -> Option<T> {
        (place < self.len()).then(|| self.0.remove(place))
    }

    /// Removes and returns the items for which `is_it` returns true.
    pub(super) fn take_out(&mut self, is_it: impl FnMut(&mut T) -> bool) -> Vec<T> {
        self.0.extract_if(.., is_it).collect()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Waits for (Option<String>, usize) {
        fn project(&self) -> &Option<String> {
            &self.0
        }
    }

    fn of(project: &str, number: usize) -> (Option<String>, usize) {
        (Some(project.to_owned()), number)
    }

    #[test]
    fn as_many_wait_as_the_page_about_security_says() {
        assert_eq!((MAX_OF_PROJECT, MAX), (64, 256));
    }

    #[test]
    fn a_project_that_asks_for_too_much_loses_of_its_own() {
        let mut queue = Queue::default();
        for number in 0..MAX_OF_PROJECT {
            assert_eq!(queue.push(of("greedy", number)), None);
        }
        let more = of("greedy", MAX_OF_PROJECT);
        assert_eq!(queue.push(more.clone()), Some(more));
        assert_eq!(queue.push(of("other", 0)), None);
        assert_eq!(queue.push((None, 0)), None);
    }

    #[test]
    fn the_project_with_most_items_loses_its_newest() {
        let mut queue = Queue::default();
        for number in 0..MAX_OF_PROJECT {
            for greedy in ["a", "b", "c", "d"] {
                assert_eq!(queue.push(of(greedy, number)), None);
            }
        }
        for number in 0..10 {
            let gone = queue.push(of("modest", number)).unwrap();
            assert_ne!(gone.0.as_deref(), Some("modest"));
            assert!(gone.1 >= MAX_OF_PROJECT - 3, "the newest of them: {gone:?}");
        }
        assert_eq!(queue.len(), MAX);
        // No project takes more than the others have.
        let gone = (10..MAX).map(|number| queue.push(of("modest", number)));
        let own = gone.filter(|gone| gone.as_ref().unwrap().0.as_deref() == Some("modest"));
        assert!(own.count() > 0);
        let modest = queue
            .iter()
            .filter(|(project, _)| project.as_deref() == Some("modest"));
        assert!((50..=52).contains(&modest.count()));
    }

    #[test]
    fn they_go_in_the_order_they_came_in() {
        let mut queue = Queue::default();
        for number in 0..3 {
            assert_eq!(queue.push(of("a", number)), None);
        }
        queue.put_back(of("a", 9));
        let out = queue.take_out(|waiting| waiting.1 == 1);
        assert_eq!(out, [of("a", 1)]);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop())
            .map(|(_, number)| number)
            .collect();
        assert_eq!(order, [9, 0, 2]);
    }
}
