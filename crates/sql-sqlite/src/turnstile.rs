//! Hands out a few items first come, first served, on any executor.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A set of items lent one at a time. An item given back goes straight to whoever has waited
/// longest, so nobody starves and the order depends on nothing but the order of calls: a general
/// async mutex promises neither, and the simulation needs both.
pub(crate) struct Turnstile<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    idle: Vec<T>,
    waiting: VecDeque<(u64, Waker)>,
    granted: BTreeMap<u64, T>,
    next_ticket: u64,
}

impl<T> Turnstile<T> {
    /// A turnstile over `items`; with no items every `take` waits for ever.
    pub(crate) fn new(items: Vec<T>) -> Self {
        Self {
            state: Mutex::new(State {
                idle: items,
                waiting: VecDeque::new(),
                granted: BTreeMap::new(),
                next_ticket: 0,
            }),
        }
    }

    /// Waits for an item. Dropping the future gives up the place in the queue.
    pub(crate) fn take(&self) -> Take<'_, T> {
        Take { turnstile: self, ticket: None }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // The state is never left half changed, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, item: T) {
        let waker = {
            let mut state = self.lock();
            match state.waiting.pop_front() {
                Some((ticket, waker)) => {
                    state.granted.insert(ticket, item);
                    waker
                }
                None => {
                    state.idle.push(item);
                    return;
                }
            }
        };
        waker.wake();
    }
}

/// The wait for an item.
pub(crate) struct Take<'a, T> {
    turnstile: &'a Turnstile<T>,
    ticket: Option<u64>,
}

impl<'a, T> Future for Take<'a, T> {
    type Output = Held<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Held<'a, T>> {
        let turnstile = self.turnstile;
        let mut state = turnstile.lock();
        let item = match self.ticket {
            // Nobody waits while an item is idle: `give_back` serves the queue first.
            None => match state.idle.pop() {
                Some(item) => item,
                None => {
                    let ticket = state.next_ticket;
                    state.next_ticket += 1;
                    state.waiting.push_back((ticket, cx.waker().clone()));
                    self.ticket = Some(ticket);
                    return Poll::Pending;
                }
            },
            Some(ticket) => match state.granted.remove(&ticket) {
                Some(item) => {
                    self.ticket = None;
                    item
                }
                None => {
                    if let Some(place) = state.waiting.iter_mut().find(|(t, _)| *t == ticket) {
                        place.1.clone_from(cx.waker());
                    }
                    return Poll::Pending;
                }
            },
        };
        Poll::Ready(Held { turnstile, item: Some(item) })
    }
}

impl<T> Drop for Take<'_, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let granted = {
            let mut state = self.turnstile.lock();
            state.waiting.retain(|(t, _)| *t != ticket);
            state.granted.remove(&ticket)
        };
        // Granted but never collected: the next in the queue must not be forgotten.
        if let Some(item) = granted {
            self.turnstile.give_back(item);
        }
    }
}

/// A borrowed item; dropping it gives it back.
pub(crate) struct Held<'a, T> {
    turnstile: &'a Turnstile<T>,
    item: Option<T>,
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.item.as_ref().expect("the item is only taken out by drop")
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.item.as_mut().expect("the item is only taken out by drop")
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        if let Some(item) = self.item.take() {
            self.turnstile.give_back(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    struct Flag(AtomicBool);

    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> (Poll<F::Output>, Arc<Flag>) {
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let answer = future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(&flag))));
        (answer, flag)
    }

    fn is_ready<F: Future>(future: Pin<&mut F>) -> bool {
        poll(future).0.is_ready()
    }

    #[test]
    fn the_item_goes_to_whoever_waited_longest() {
        let turnstile = Turnstile::new(vec![7]);
        let (mut a, mut b, mut c) =
            (pin!(turnstile.take()), pin!(turnstile.take()), pin!(turnstile.take()));
        let Poll::Ready(held) = poll(a.as_mut()).0 else { panic!("the item is free") };
        assert_eq!(*held, 7);
        let (_, b_woken) = poll(b.as_mut());
        let (_, c_woken) = poll(c.as_mut());
        drop(held);
        assert!(b_woken.0.load(Ordering::SeqCst), "the first in the queue is woken");
        assert!(!c_woken.0.load(Ordering::SeqCst), "and nobody else");
        assert!(!is_ready(c.as_mut()), "the second may not overtake");
        let mut late = pin!(turnstile.take());
        assert!(!is_ready(late.as_mut()), "a newcomer may not either");
        let Poll::Ready(held) = poll(b.as_mut()).0 else { panic!("it is b's turn") };
        drop(held);
        assert!(is_ready(c.as_mut()));
        assert!(is_ready(late.as_mut()));
    }

    #[test]
    fn a_waiter_that_gives_up_does_not_block_the_others() {
        let turnstile = Turnstile::new(vec![()]);
        let Poll::Ready(held) = poll(pin!(turnstile.take())).0 else { panic!("free") };
        let mut before = Box::pin(turnstile.take());
        let mut granted = Box::pin(turnstile.take());
        let mut last = pin!(turnstile.take());
        assert!(!is_ready(before.as_mut()));
        assert!(!is_ready(granted.as_mut()));
        let (_, woken) = poll(last.as_mut());
        drop(before);
        drop(held);
        drop(granted);
        assert!(woken.0.load(Ordering::SeqCst), "the turn is passed on");
        assert!(is_ready(last.as_mut()));
    }

    #[test]
    fn several_items_are_lent_at_once() {
        let turnstile = Turnstile::new(vec![1, 2]);
        let Poll::Ready(first) = poll(pin!(turnstile.take())).0 else { panic!("two are free") };
        let Poll::Ready(second) = poll(pin!(turnstile.take())).0 else { panic!("one is free") };
        assert_ne!(*first, *second);
        assert!(!is_ready(pin!(turnstile.take())));
    }
}
