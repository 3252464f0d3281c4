// SPDX-License-Identifier: GPL-3.0-or-later
/* fdtab: the fd table
 *
 * A hash table from descriptor number to connection.  It is a cache, not the
 * truth: descriptors are closed behind our back, by raw system calls, inside
 * libc, by a vfork child, by dup2(2) in a library that binds to libc first.
 * So
 *
 *   - an entry counts only while its descriptor is the socket with the inode
 *     that was recorded (sockets' inode numbers are unique while they live);
 *   - an entry that is found false is dropped then; until then it costs its
 *     memory, which is bounded by the descriptor numbers ever used;
 *   - only the process that the table describes changes it.
 *
 * Before all that stands fdtab_maybe(): a byte per descriptor number, read
 * without a lock, answers "not ours".  The bytes are in .bss: a page of them
 * becomes real memory when one of its 4,096 numbers is first flagged.
 *
 * Locks: the functions that say so take the lock; the others are called with it
 * held, but for fdtab_mark() and fdtab_unmark(), which need none.  No memory
 * comes from malloc (arena.h), and running out of it is an error like others:
 * uthash would exit(-1) the program otherwise.
 */

#include <stddef.h>

#include "arena.h"
#include "fdtab.h"
#include "lifecycle.h"
#include "sys.h"

#define HASH_NONFATAL_OOM          1
#define uthash_malloc(size)        arena_alloc(size)
#define uthash_free(p, size)       arena_free(p, size)
#define uthash_nonfatal_oom(entry) ((void)((entry)->conn = NULL))
#include <uthash.h>

struct entry {
	int fd;
	struct conn *conn;
	UT_hash_handle hh;
};

static struct entry *table;

_Atomic unsigned char fdtab_flags[FDTAB_FAST];
_Atomic unsigned char fdtab_beyond;
_Atomic int fdtab_high;

/**
 * fdtab_mark() - Set a flag of a descriptor number
 *
 * Lock-free.  Flags may be set in vain (in a vfork child, say): each says
 * only that a closer look is needed.
 */
void fdtab_mark(int fd, unsigned char flag)
{
	int high = atomic_load_explicit(&fdtab_high, memory_order_relaxed);

	if (fd < 0 || (fdtab_flag(fd) & flag) == flag)
		return;
	while (fd < FDTAB_FAST && fd > high &&
	       !atomic_compare_exchange_weak(&fdtab_high, &high, fd))
		;
	atomic_fetch_or((unsigned)fd < FDTAB_FAST ? &fdtab_flags[fd]
						  : &fdtab_beyond,
			flag);
}

/**
 * fdtab_unmark() - Clear a flag of a descriptor number
 *
 * The flags that numbers beyond FDTAB_FAST share stay set.
 */
void fdtab_unmark(int fd, unsigned char flag)
{
	if ((unsigned)fd < FDTAB_FAST)
		atomic_fetch_and(&fdtab_flags[fd], (unsigned char)~flag);
}

static void entry_remove(struct entry *e)
{
	HASH_DEL(table, e);
	fdtab_unmark(e->fd, FD_TRACKED);
	fdtab_conn_put(e->conn);
	arena_free(e, sizeof(*e));
}

static struct entry *entry_find(int fd)
{
	struct entry *e;

	HASH_FIND_INT(table, &fd, e);
	return e;
}

/**
 * fdtab_find() - The connection that a descriptor is, if it is one of ours
 * @fd:	descriptor
 *
 * Compares the descriptor's inode with the recorded one; drops an entry that
 * is no longer true.
 *
 * Return: the connection, valid while the lock is held; or NULL
 */
struct conn *fdtab_find(int fd)
{
	struct entry *e = entry_find(fd);
	struct stat st;

	if (!e)
		return NULL;
	if (sys_fstat(fd, &st) == 0 && st.st_ino == e->conn->ino &&
	    S_ISSOCK(st.st_mode))
		return e->conn;
	entry_remove(e);
	return NULL;
}

/**
 * fdtab_enter() - Take the lock if a descriptor is one of ours
 * @fd:	descriptor
 * @g:	for lock_leave()
 *
 * Return: the connection, with the lock held; or NULL, without it: not ours,
 * or we are a vfork child and must act as if it were not
 */
struct conn *fdtab_enter(int fd, struct lock_guard *g)
{
	struct conn *c;

	if (!fdtab_maybe(fd) || !lifecycle_own())
		return NULL;
	lock_enter(g);
	c = fdtab_find(fd);
	if (!c)
		lock_leave(g);
	return c;
}

/**
 * fdtab_has() - Is a descriptor one of ours?
 *
 * Takes the lock: the caller does not hold it.
 */
bool fdtab_has(int fd)
{
	struct lock_guard g;

	if (!fdtab_enter(fd, &g))
		return false;
	lock_leave(&g);
	return true;
}

/**
 * fdtab_add() - Record that a descriptor is a connection
 * @fd:	descriptor; a former entry of this number is dropped
 * @c:	connection; gains a reference
 *
 * Return: 0 or -ENOMEM, and then nothing has changed but the former entry
 */
int fdtab_add(int fd, struct conn *c)
{
	struct entry *e;
	int r = -ENOMEM;

	fdtab_drop(fd);
	e = arena_alloc(sizeof(*e));
	if (e) {
		e->fd = fd;
		e->conn = c;
		HASH_ADD_INT(table, fd, e);
	}
	if (e && e->conn) {
		c->refs++;
		fdtab_mark(fd, FD_TRACKED);
		r = 0;
	} else { /* uthash_nonfatal_oom() takes e->conn away */
		arena_free(e, sizeof(*e));
	}
	return r;
}

/**
 * fdtab_drop() - A descriptor is closed, or becomes another file
 */
void fdtab_drop(int fd)
{
	struct entry *e = entry_find(fd);

	if (e)
		entry_remove(e);
}

/**
 * fdtab_closed() - A descriptor number is about to be closed or replaced
 * @fd:	number; does nothing where it has no flag
 *
 * Takes the lock, if need be: the caller does not hold it.
 */
void fdtab_closed(int fd)
{
	struct lock_guard g;

	if (!fdtab_maybe_flagged(fd) || !lifecycle_own())
		return;
	if (fdtab_maybe(fd)) {
		lock_enter(&g);
		fdtab_drop(fd);
		lock_leave(&g);
	}
	fdtab_unmark(fd, (unsigned char)~0);
}

/**
 * fdtab_closed_range() - fdtab_closed() for @first to @last, inclusive
 */
void fdtab_closed_range(unsigned first, unsigned last)
{
	unsigned high = (unsigned)atomic_load_explicit(&fdtab_high,
						       memory_order_relaxed);
	struct entry *e, *next;
	struct lock_guard g;

	if (!lifecycle_own())
		return;
	lock_enter(&g);
	HASH_ITER (hh, table, e, next) {
		/* cppcheck-suppress uninitvar; it does not know HASH_ITER */
		if ((unsigned)e->fd >= first && (unsigned)e->fd <= last)
			entry_remove(e);
	}
	lock_leave(&g);
	for (unsigned fd = first; fd <= last && fd <= high; fd++) {
		if (fdtab_maybe_flagged((int)fd)) /* do not dirty the page */
			fdtab_unmark((int)fd, (unsigned char)~0);
	}
}

/**
 * fdtab_forget_all() - Start empty, without looking at what there was
 *
 * For a child whose copy of the table was taken in the middle of a change.
 * Connections go on; what TCP would answer about them is lost.
 */
void fdtab_forget_all(void)
{
	table = NULL;
	arena_forget_all();
}

/**
 * fdtab_conn_new() - A connection without descriptors, all zero
 *
 * Return: the connection, without references yet: fdtab_add() takes one, and
 * whoever takes one by hand gives it back with fdtab_conn_put(); or NULL: no
 * memory
 */
struct conn *fdtab_conn_new(void)
{
	struct conn *c;

	c = arena_alloc(sizeof(*c));
	if (c)
		*c = (struct conn){ 0 };
	return c;
}

/**
 * fdtab_conn_put() - Drop a reference; the last one frees the connection
 * @c:	with at least one reference of the caller's own
 */
void fdtab_conn_put(struct conn *c)
{
	if (--c->refs)
		return;
	arena_free(c, sizeof(*c));
}
