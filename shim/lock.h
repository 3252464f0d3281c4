/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock: the one lock of the library.
 *
 * It guards the fd table with its arena (fdtab.c, arena.c) and the table of
 * names (names in lifecycle.h).  Whoever holds it has every signal blocked,
 * so a handler that calls close() or connect() cannot meet its own thread's
 * lock; and makes no call that can block, so nobody waits long.
 *
 * A child of vfork() shares our memory: it must not come here at all, see
 * lifecycle_own().
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock_guard {
	uint64_t mask; /* the thread's signal mask before */
	bool nested;   /* this thread holds the lock for fork() already */
};

void lock_enter(struct lock_guard *g);
void lock_leave(struct lock_guard *g);

void lock_enter_for_fork(void);
void lock_leave_after_fork(void);
bool lock_is_held_for_fork(void);

/**
 * lock_reset() - In a new child of fork(): nobody holds the lock
 *
 * Return: whether somebody held it when the memory was copied, so that what
 * it guards may be half changed
 */
int lock_reset(void);

#endif
