/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock: the one lock of the library.
 *
 * It guards the fd table with its arena (fdtab.c, arena.c), the table of names
 * (dest.c) and the addresses of passed names (passed.c).  Whoever holds it has
 * every signal blocked, so a handler that calls close() or connect() cannot
 * meet its own thread's lock; and makes no call that can block, so nobody
 * waits long.
 *
 * It is not held across fork(): our prepare handler would run before those of
 * libraries that were there earlier, and before libc takes its own locks, and
 * a thread that holds one of those may be about to call a hook.  Instead the
 * child looks whether it was copied in the middle of a change.
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
void lock_change_begin(void);
void lock_change_end(void);
bool lock_reset(void);

#endif
