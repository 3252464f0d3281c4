/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock: the one lock of the library.
 *
 * It guards the fd table with its arena (fdtab.c, arena.c), the table of names
 * (dest.c) and the addresses of passed names (passed.c).  Whoever holds it has
 * every signal blocked, so a handler that calls close() or connect() cannot
 * meet its own thread's lock; and waits for nobody, so that nobody waits long.
 *
 * Whoever enters has asked lifecycle_own() before: a child of vfork() shares
 * our memory and must not come here at all.
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock_guard {
	uint64_t mask; /* the thread's signal mask before */
};

void lock_enter(struct lock_guard *g);
void lock_leave(struct lock_guard *g);

void lock_before_fork(void);
void lock_after_fork(void);
bool lock_is_for_fork(void);
bool lock_reset(void);

#endif
