// SPDX-License-Identifier: GPL-3.0-or-later
/* install: see install.h
 *
 * What must survive dup3(2) over the program's number, and would not by
 * itself: FD_CLOEXEC, O_NONBLOCK and O_ASYNC with their owner, the SOL_SOCKET
 * options that act on our socket too, the registrations in epoll instances,
 * and the duplicates of the number that the program made before.
 */

#include <stddef.h>
#include <sys/time.h>

#include "epollreg.h"
#include "install.h"
#include "lifecycle.h"
#include "sys.h"

static const struct {
	int name;
	socklen_t size;
} carried[] = {
	{ SO_RCVTIMEO, sizeof(struct timeval) },
	{ SO_SNDTIMEO, sizeof(struct timeval) },
	{ SO_LINGER, sizeof(struct linger) },
	{ SO_KEEPALIVE, sizeof(int) },
	{ SO_OOBINLINE, sizeof(int) },
	{ SO_REUSEADDR, sizeof(int) },
	{ SO_RCVLOWAT, sizeof(int) },
};

static void carry_options(int from, int to)
{
	static const struct timeval zero;
	struct timeval v; /* the largest of them */

	_Static_assert(sizeof(v) >= sizeof(struct linger), "room for each");
	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++) {
		socklen_t len = carried[i].size;

		v = zero;
		if (sys_getsockopt(from, SOL_SOCKET, carried[i].name, &v,
				   &len) == 0 &&
		    __builtin_memcmp(&v, &zero, carried[i].size) != 0)
			sys_setsockopt(to, SOL_SOCKET, carried[i].name, &v,
				       carried[i].size);
	}
}

/* O_NONBLOCK and the like belong to the open file, not to the number; but for
 * O_ASYNC, with which the kernel keeps the number that set it, for si_fd.
 * Return: whether that is to be set, on the program's number */
static bool carry_flags(int from, int to)
{
	struct f_owner_ex owner = { 0 };
	long flags = sys_fcntl(from, F_GETFL, 0);

	if (sys_fcntl(from, F_GETOWN_EX, SYS_P(&owner)) == 0 && owner.pid) {
		sys_fcntl(to, F_SETOWN_EX, SYS_P(&owner));
		sys_fcntl(to, F_SETSIG, sys_fcntl(from, F_GETSIG, 0));
	}
	if (flags < 0)
		return false;
	sys_fcntl(to, F_SETFL, flags & ~O_ASYNC);
	return flags & O_ASYNC;
}

static void set_async(int fd)
{
	sys_fcntl(fd, F_SETFL, sys_fcntl(fd, F_GETFL, 0) | O_ASYNC);
}

static bool is_socket(int fd, ino_t ino)
{
	struct stat st;

	return sys_fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       st.st_ino == ino;
}

/* The first number from @from on that is the socket @ino, @fd included; or -1.
 * Duplicates are found through the flag that dup's hooks leave. */
static int next_number(int from, int fd, ino_t ino)
{
	int high = atomic_load_explicit(&fdtab_high, memory_order_relaxed);

	if (!(fdtab_flag(fd) & FD_DUPED))
		return from <= fd && is_socket(fd, ino) ? fd : -1;
	for (int n = from; n <= high; n++) {
		if (fdtab_flag(n) & FD_DUPED && is_socket(n, ino))
			return n;
	}
	return from <= fd && fd > high && is_socket(fd, ino) ? fd : -1;
}

static int put_on(int side, int number)
{
	long fdflags = sys_fcntl(number, F_GETFD, 0);
	int r;

	if (fdflags < 0)
		return (int)fdflags;
	r = sys_dup3(side, number, fdflags & FD_CLOEXEC ? O_CLOEXEC : 0);
	/* closed, and another thread's open(2) or accept(2), which may sleep,
	 * has reserved the number (dup(2)) */
	if (r == -EBUSY)
		r = -EBADF;
	return r < 0 ? r : 0;
}

static void restore_all(struct epollreg_saved *saved)
{
	for (int i = 0; i < saved->n; i++)
		epollreg_restore(saved, saved->reg[i].fd);
}

static void unrecord(int fd, ino_t old)
{
	for (int n = 0; (n = next_number(n, fd, old)) >= 0; n++)
		fdtab_drop(n);
}

/* Everything that can fail for want of memory or /proc, before a number is
 * touched; undone on failure, but for a former record of the number. */
static int prepare(int fd, ino_t old, struct conn *c,
		   struct epollreg_saved *saved)
{
	int r = -EBADF; /* closed meanwhile, by another thread */

	for (int n = 0; (n = next_number(n, fd, old)) >= 0; n++) {
		r = epollreg_take(n, old, saved);
		if (r == 0 && c)
			r = fdtab_add(n, c);
		if (r < 0)
			break;
	}
	if (r < 0) {
		restore_all(saved);
		unrecord(fd, old);
	}
	return r;
}

/* A child of vfork() changes its own descriptors, not its parent's memory. */
static int install_bare(int fd, ino_t old, int side)
{
	return is_socket(fd, old) ? put_on(side, fd) : -EBADF;
}

/* What becomes of duplicates does not count: one that cannot be replaced keeps
 * the old socket. */
static int replace(int fd, ino_t old, int side, struct conn *c)
{
	struct epollreg_saved saved = { 0 };
	int result = -EBADF;
	int r = prepare(fd, old, c, &saved);

	if (r < 0)
		return r;
	for (int n = 0; (n = next_number(n, fd, old)) >= 0; n++) {
		if (!c)
			fdtab_drop(n);
		r = put_on(side, n);
		epollreg_restore(&saved, n);
		if (r < 0)
			fdtab_drop(n);
		if (n == fd)
			result = r;
	}
	return result;
}

static int install_recorded(int fd, ino_t old, int side, struct conn *c)
{
	struct lock_guard g;
	int r, keep = -1;

	/* The last close of a connection of ours can linger: not under the
	 * lock.  Where no number is left for this, it does not have to. */
	if (fdtab_maybe(fd))
		keep = (int)sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	lock_enter(&g);
	if (c)
		c->refs++; /* ours: no failure in there frees it */
	r = replace(fd, old, side, c);
	if (c)
		fdtab_conn_put(c);
	lock_leave(&g);
	if (keep >= 0)
		sys_close(keep);
	return r;
}

/**
 * install() - Replace the program's socket by another
 * @fd:		the program's descriptor
 * @old:	inode of the socket it was when this began: if it is another
 *		now, nothing happens
 * @side:	the socket to put there; taken, closed in any case
 * @c:		the connection that @side is, with c->ino set, to record; taken
 *		too, freed on failure.  Or NULL: the numbers' records are
 *		dropped
 *
 * The caller does not hold the lock.
 *
 * Return: 0; -EBADF where @fd is not the socket @old any more; another
 * negative errno where something was missing: then the program has its old
 * socket, with its registrations
 */
int install(int fd, ino_t old, int side, struct conn *c)
{
	bool async = carry_flags(fd, side);
	int r;

	carry_options(fd, side);
	r = lifecycle_own() ? install_recorded(fd, old, side, c)
			    : install_bare(fd, old, side);
	if (r == 0 && async)
		set_async(fd);
	sys_close(side);
	return r;
}
