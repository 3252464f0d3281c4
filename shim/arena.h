/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arena: memory for the fd table, from the kernel, not from malloc().
 *
 * malloc() may be the program's own, may hold its lock in the very thread that
 * a signal interrupted, and may itself call close().  All functions: the
 * caller holds the lock (lock.h).
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

void *arena_alloc(size_t size);
void arena_free(void *p, size_t size);
void arena_forget_all(void);

#endif
