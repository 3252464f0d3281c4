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
 * Locks: every function but fdtab_mark() and fdtab_enter() is called with the
 * lock held.  No memory comes from malloc (arena.h), and running out of it is
 * an error like others: uthash would exit(-1) the program otherwise.
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

	if (fd < 0 || (fdtab_flag(fd) & flag))
		return;
	while (fd > high &&
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
	if (--e->conn->refs == 0)
		arena_free(e->conn, sizeof(*e->conn));
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
 * fdtab_add() - Record that a descriptor is a connection
 * @fd:	descriptor; a former entry of this number is dropped
 * @c:	connection; gains a reference
 *
 * Return: 0 or -ENOMEM, and then nothing has changed but the former entry
 */
int fdtab_add(int fd, struct conn *c)
{
	struct entry *e;

	fdtab_drop(fd);
	e = arena_alloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->fd = fd;
	e->conn = c;
	HASH_ADD_INT(table, fd, e);
	if (!e->conn) { /* uthash_nonfatal_oom() */
		arena_free(e, sizeof(*e));
		return -ENOMEM;
	}
	c->refs++;
	fdtab_mark(fd, FD_TRACKED);
	return 0;
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
 * fdtab_drop_range() - fdtab_drop() for @first to @last, inclusive
 */
void fdtab_drop_range(unsigned first, unsigned last)
{
	struct entry *e, *next;

	HASH_ITER (hh, table, e, next) {
		/* cppcheck-suppress uninitvar; it does not know HASH_ITER */
		if ((unsigned)e->fd >= first && (unsigned)e->fd <= last)
			entry_remove(e);
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
 * Return: the connection, owned by the caller until fdtab_add() or
 * fdtab_conn_free_unused(); or NULL: no memory
 */
struct conn *fdtab_conn_new(void)
{
	struct conn *c = arena_alloc(sizeof(*c));

	if (c)
		*c = (struct conn){ 0 };
	return c;
}

/**
 * fdtab_conn_free_unused() - Free a connection that no descriptor has
 */
void fdtab_conn_free_unused(struct conn *c)
{
	if (c && c->refs == 0)
		arena_free(c, sizeof(*c));
}
