// SPDX-License-Identifier: GPL-3.0-or-later
/* lock: a futex lock that blocks signals while it is held
 *
 * pthread_mutex_lock() is not async-signal-safe, and pthread_sigmask() leaves
 * libc's own two signals open (thread cancellation and setuid), whose handlers
 * would run under our lock: hence by hand, and with the kernel's mask.
 *
 * The word: 0 free, 1 held, 2 held and somebody waits (U. Drepper, "Futexes
 * Are Tricky", mutex 2).
 */

#include <stdatomic.h>

#include "lock.h"
#include "sys.h"

static _Atomic int word;

/* Between lock_change_begin() and _end(): what is guarded is not whole */
static _Atomic int changes;

/**
 * lock_enter() - Block signals and take the lock
 * @g:	keeps the signal mask until lock_leave()
 */
void lock_enter(struct lock_guard *g)
{
	const uint64_t all = ~UINT64_C(0);
	int seen = 0;

	sys_sigmask(SIG_BLOCK, &all, &g->mask);
	if (atomic_compare_exchange_strong_explicit(&word, &seen, 1,
						    memory_order_acquire,
						    memory_order_relaxed))
		return;
	if (seen != 2)
		seen = atomic_exchange_explicit(&word, 2, memory_order_acquire);
	while (seen) {
		sys_futex_wait(&word, 2);
		seen = atomic_exchange_explicit(&word, 2, memory_order_acquire);
	}
}

/**
 * lock_leave() - Release the lock and restore the signal mask
 */
void lock_leave(struct lock_guard *g)
{
	if (atomic_exchange_explicit(&word, 0, memory_order_release) == 2)
		sys_futex_wake_one(&word);
	sys_sigmask(SIG_SETMASK, &g->mask, NULL);
}

/**
 * lock_change_begin() - What the lock guards is about to be changed
 *
 * The caller holds the lock.  Nests.
 */
void lock_change_begin(void)
{
	atomic_fetch_add(&changes, 1);
}

/**
 * lock_change_end() - It is whole again
 */
void lock_change_end(void)
{
	atomic_fetch_sub(&changes, 1);
}

/**
 * lock_reset() - In a new child, which has one thread: nobody holds the lock
 *
 * Return: whether the copy was taken in the middle of a change, so that what
 * the lock guards must be set up anew
 */
bool lock_reset(void)
{
	bool half = atomic_exchange(&changes, 0) != 0;

	atomic_store_explicit(&word, 0, memory_order_release);
	return half;
}
