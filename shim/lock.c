// SPDX-License-Identifier: GPL-3.0-or-later
/* lock: a futex lock that blocks signals while it is held
 *
 * pthread_mutex_lock() is not async-signal-safe, and pthread_sigmask() leaves
 * libc's own two signals open (thread cancellation and setuid), whose handlers
 * would run under our lock: hence by hand, and with the kernel's mask.
 *
 * The word (after U. Drepper, "Futexes Are Tricky", mutex 2):
 *
 *	FREE
 *	HELD
 *	AWAITED	held, and somebody sleeps
 *	LENT	held for fork(), see below; who sleeps does so for LENT_MS
 *
 * fork() copies memory page by page while other threads go on, so it is called
 * with the lock held: then the child's copy is whole.  But between our prepare
 * handler and the copy other libraries' handlers run, and libc takes locks of
 * its own; whoever holds one of those may be waiting here.  So a lock that is
 * held for fork() is lent: who has waited for it LENT_MS takes it over, and
 * the child finds out that it may have half a copy.
 */

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>

#include "lock.h"
#include "sys.h"

#define LENT_MS 100

enum { FREE, HELD, AWAITED, LENT };

static _Atomic int word;

/* The thread that lends the lock, or 0.  Who sets it to 0 has the lock.
 * pthread_self() is the same in parent and child, and never 0. */
static _Atomic pthread_t lender;

static bool take_over(pthread_t from)
{
	if (!from || !atomic_compare_exchange_strong(&lender, &from, 0))
		return false;
	atomic_store(&word, AWAITED);
	return true;
}

/* Return: whether LENT_MS have passed */
static bool sleep_while(int value)
{
	const struct timespec limit = { 0, LENT_MS * 1000000L };

	return sys_call(SYS_futex, SYS_P(&word), FUTEX_WAIT_PRIVATE, value,
			value == LENT ? SYS_P(&limit) : 0, 0, 0) == -ETIMEDOUT;
}

static bool try(int from, int to)
{
	return atomic_compare_exchange_strong_explicit(
		&word, &from, to, memory_order_acquire, memory_order_relaxed);
}

static void wait_for_lock(void)
{
	for (;;) {
		pthread_t from = atomic_load(&lender);

		switch (atomic_load(&word)) {
		case FREE:
			if (try(FREE, AWAITED))
				return;
			break;
		case HELD:
			try(HELD, AWAITED);
			break;
		case AWAITED:
			sleep_while(AWAITED);
			break;
		case LENT:
			if (sleep_while(LENT) && take_over(from))
				return;
			break;
		}
	}
}

static void wake(int count)
{
	sys_call(SYS_futex, SYS_P(&word), FUTEX_WAKE_PRIVATE, count, 0, 0, 0);
}

/**
 * lock_enter() - Block signals and take the lock
 * @g:	keeps the signal mask until lock_leave()
 */
void lock_enter(struct lock_guard *g)
{
	const uint64_t all = ~UINT64_C(0);

	sys_sigmask(SIG_BLOCK, &all, &g->mask);
	if (try(FREE, HELD))
		return;
	/* in a handler of fork()'s, of another library: ours already */
	if (take_over(pthread_self()))
		return;
	wait_for_lock();
}

static void release(void)
{
	if (atomic_exchange_explicit(&word, FREE, memory_order_release) != HELD)
		wake(1);
}

/**
 * lock_leave() - Release the lock and restore the signal mask
 */
void lock_leave(struct lock_guard *g)
{
	release();
	sys_sigmask(SIG_SETMASK, &g->mask, NULL);
}

/**
 * lock_before_fork() - Hold the lock until lock_after_fork(), if nobody needs it
 *
 * Signals are not blocked meanwhile: a handler takes the lock over.
 */
void lock_before_fork(void)
{
	struct lock_guard g;

	lock_enter(&g);
	atomic_store(&lender, pthread_self());
	atomic_store(&word, LENT);
	wake(INT_MAX); /* who slept without a limit */
	sys_sigmask(SIG_SETMASK, &g.mask, NULL);
}

/**
 * lock_after_fork() - In the parent and in the child
 */
void lock_after_fork(void)
{
	if (take_over(pthread_self()))
		release();
}

/**
 * lock_is_for_fork() - Does this thread hold the lock for fork()?
 *
 * In a child: then its copy of what the lock guards is whole.
 */
bool lock_is_for_fork(void)
{
	return atomic_load(&lender) == pthread_self();
}

/**
 * lock_reset() - In a new child, which has one thread: nobody holds the lock
 *
 * Return: whether somebody held it when the copy was taken, so that what it
 * guards may be half changed
 */
bool lock_reset(void)
{
	atomic_store(&lender, 0);
	return atomic_exchange_explicit(&word, FREE, memory_order_acquire) !=
	       FREE;
}
