/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fdtab: which descriptors are connections that we made
 *
 * See fdtab.c for how it stays true in a program that does not tell us
 * everything.
 */
#ifndef FDTAB_H
#define FDTAB_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "conf.h"
#include "lock.h"

/* How far a connection is, and what the program has been told of it:
 *
 * state	the socket		what connect(2) says next
 * CONNECTING	in progress		EALREADY, or waits if blocking
 * ESTABLISHED	stands			0, then it is KNOWN
 * KNOWN	stands			EISCONN
 * FAILED	dead			conn.error, or ECONNABORTED where SO_ERROR
 *					has told it already; then it is IDLE
 * IDLE		dead			dials anew
 *
 * emulate_refresh() moves a connection out of CONNECTING, nothing else does.
 */
enum conn_state {
	CONN_CONNECTING,
	CONN_ESTABLISHED,
	CONN_KNOWN,
	CONN_FAILED,
	CONN_IDLE,
};

#define CONN_OPTIONS 28 /* remembered socket options: emulate_opts.c */

/* One connection: shared by the descriptors that are duplicates */
struct conn {
	ino_t ino;     /* of the socket: what makes an entry true */
	unsigned refs; /* entries of the table */
	enum conn_state state;
	int error;  /* FAILED: what the program was not told yet, or 0 */
	int cause;  /* the kernel's errno, until it is in the log */
	int family; /* of the program's socket */
	const struct rule *rule;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} peer, local;     /* as the program knows them */
	socklen_t namelen; /* of both */
	int option[CONN_OPTIONS];
};

/* Descriptor numbers below this, the usual limit, have a flag byte each.  Those
 * above, for which fs.nr_open must have been raised, share one: they are found
 * in the table like others, but not as duplicates nor as epoll instances. */
#define FDTAB_FAST (1 << 20)

/* Each may be set in vain, and says only that a closer look is needed.  All
 * are cleared when a number is closed, where we see that. */
enum {
	FD_TRACKED = 1, /* in the table */
	FD_DUPED = 2,   /* a duplicate, or has been duplicated */
	FD_EPOLL = 4,   /* an epoll instance */
	FD_NOTED = 8,   /* epollreg.c has a note of it */
	FD_MULTI = 16,  /* in more than one epoll instance */
};

extern _Atomic unsigned char fdtab_flags[FDTAB_FAST];
extern _Atomic unsigned char fdtab_beyond; /* of all numbers >= FDTAB_FAST */
extern _Atomic int fdtab_high;             /* no flagged number is above */

static inline unsigned char fdtab_flag(int fd)
{
	if ((unsigned)fd < FDTAB_FAST)
		return atomic_load_explicit(&fdtab_flags[fd],
					    memory_order_relaxed);
	return fd < 0 ? 0
		      : atomic_load_explicit(&fdtab_beyond,
					     memory_order_relaxed);
}

/* May @fd be ours?  A load and a test: the whole cost of a hook for others. */
static inline bool fdtab_maybe(int fd)
{
	return __builtin_expect(fdtab_flag(fd) & FD_TRACKED, 0);
}

/* As fdtab_maybe(), for close(): is there anything to forget? */
static inline bool fdtab_maybe_flagged(int fd)
{
	return __builtin_expect(fdtab_flag(fd), 0);
}

void fdtab_mark(int fd, unsigned char flag);
void fdtab_unmark(int fd, unsigned char flag);

struct conn *fdtab_enter(int fd, struct lock_guard *g);
struct conn *fdtab_find(int fd);
bool fdtab_has(int fd);
int fdtab_add(int fd, struct conn *c);
void fdtab_drop(int fd);
void fdtab_closed(int fd);
void fdtab_closed_range(unsigned first, unsigned last);
void fdtab_forget_all(void);

struct conn *fdtab_conn_new(void);
void fdtab_conn_put(struct conn *c);

#endif
