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

#include <pthread.h>
#include <stdatomic.h>

#include "lock.h"
#include "sys.h"

static _Atomic int word;

/* Between our fork handlers the lock is held, and handlers of libraries that
 * registered theirs before us run: one that closes its sockets in the child
 * comes here again.  pthread_self() is the same in parent and child. */
static _Atomic pthread_t fork_thread;
static _Atomic bool forking;
static struct lock_guard fork_guard;

/**
 * lock_enter() - Block signals and take the lock
 * @g:	keeps the signal mask until lock_leave()
 */
void lock_enter(struct lock_guard *g)
{
	const uint64_t all = ~UINT64_C(0);
	int seen = 0;

	sys_sigmask(SIG_BLOCK, &all, &g->mask);
	g->nested = lock_is_held_for_fork();
	if (g->nested)
		return;
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
	if (!g->nested &&
	    atomic_exchange_explicit(&word, 0, memory_order_release) == 2)
		sys_futex_wake_one(&word);
	sys_sigmask(SIG_SETMASK, &g->mask, NULL);
}

/**
 * lock_is_held_for_fork() - Is this thread between our fork handlers?
 */
bool lock_is_held_for_fork(void)
{
	return atomic_load_explicit(&forking, memory_order_acquire) &&
	       atomic_load_explicit(&fork_thread, memory_order_relaxed) ==
		       pthread_self();
}

/**
 * lock_enter_for_fork() - Hold the lock until lock_leave_after_fork()
 *
 * So that a child's copy of what it guards is whole.
 */
void lock_enter_for_fork(void)
{
	struct lock_guard g;

	lock_enter(&g);
	fork_guard = g;
	atomic_store_explicit(&fork_thread, pthread_self(),
			      memory_order_relaxed);
	atomic_store_explicit(&forking, true, memory_order_release);
}

/**
 * lock_leave_after_fork() - In the parent, and in the child
 */
void lock_leave_after_fork(void)
{
	struct lock_guard g = fork_guard;

	atomic_store_explicit(&forking, false, memory_order_relaxed);
	lock_leave(&g);
}

int lock_reset(void)
{
	return atomic_exchange_explicit(&word, 0, memory_order_acquire) != 0;
}
