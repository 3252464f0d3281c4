// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_fd: descriptors that are closed or become other files
 *
 * close() is on every program's hottest paths, is called from signal handlers
 * and from vfork children: for a descriptor that is not ours it is a load, a
 * test and a jump.
 */

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>

#include "fdtab.h"
#include "interpose.h"
#include "real.h"
#include "sys.h"

/* @to has become a duplicate of @from: what is known of that number is of the
 * file it was before.  Where there is no memory to record it, @to works but
 * answers as the AF_VSOCK socket that it is. */
static void duplicated(int from, int to)
{
	struct lock_guard g;
	struct conn *c;

	if (from == to)
		return;
	fdtab_closed(to);
	fdtab_mark(from, FD_DUPED);
	fdtab_mark(to, FD_DUPED | (fdtab_flag(from) & FD_EPOLL));
	c = fdtab_enter(from, &g);
	if (!c)
		return;
	fdtab_add(to, c);
	lock_leave(&g);
}

SLOW static int close_flagged(int fd)
{
	fdtab_closed(fd);
	return real.close(fd);
}

int shim_close(int fd)
{
	if (fdtab_maybe_flagged(fd))
		return close_flagged(fd);
	return real.close(fd);
}

int shim_close_nocancel(int fd)
{
	fdtab_closed(fd);
	return (int)hook_return(sys_close(fd));
}

int shim_dup(int fd)
{
	int r = real.dup(fd);

	if (r >= 0)
		duplicated(fd, r);
	return r;
}

int shim_dup2(int from, int to)
{
	int r = real.dup2(from, to);

	if (r >= 0)
		duplicated(from, to);
	return r;
}

int shim_dup3(int from, int to, int flags)
{
	int r = real.dup3(from, to, flags);

	if (r >= 0)
		duplicated(from, to);
	return r;
}

SLOW static int fcntl_dup(int (*next)(int, int, long), int fd, int cmd,
			  long arg)
{
	int r = next(fd, cmd, arg);

	if (r >= 0)
		duplicated(fd, r);
	return r;
}

static inline int fcntl_with(int (*next)(int, int, long), int fd, int cmd,
			     long arg)
{
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		return fcntl_dup(next, fd, cmd, arg);
	return next(fd, cmd, arg);
}

int shim_fcntl(int fd, int cmd, long arg)
{
	return fcntl_with(real.fcntl, fd, cmd, arg);
}

int shim_close_range(unsigned first, unsigned last, int flags)
{
	/* before another thread can get one of the numbers, as in close(); but
	 * not where nothing will be closed */
	if (first <= last && !(flags & ~CLOSE_RANGE_UNSHARE))
		fdtab_closed_range(first, last);
	if (real.close_range)
		return real.close_range(first, last, flags);
	return (int)hook_return(
		sys_call(SYS_close_range, first, last, flags, 0, 0, 0));
}

HOOK(int, close, int fd)
{
	return shim_close(fd);
}

HOOK(int, __close, int fd)
{
	return shim_close(fd);
}

HOOK(int, __close_nocancel, int fd)
{
	return shim_close_nocancel(fd);
}

HOOK(int, dup, int fd)
{
	return shim_dup(fd);
}

HOOK(int, dup2, int from, int to)
{
	return shim_dup2(from, to);
}

HOOK(int, __dup2, int from, int to)
{
	return shim_dup2(from, to);
}

HOOK(int, dup3, int from, int to, int flags)
{
	return shim_dup3(from, to, flags);
}

/* Declared with "..." by libc: on both CPUs that is called as three arguments
 * are, and a call with two leaves something in the third that nobody reads. */
HOOK(int, fcntl, int fd, int cmd, long arg)
{
	return shim_fcntl(fd, cmd, arg);
}

HOOK(int, __fcntl, int fd, int cmd, long arg)
{
	return shim_fcntl(fd, cmd, arg);
}

HOOK(int, fcntl64, int fd, int cmd, long arg)
{
	return fcntl_with(real.fcntl64 ? real.fcntl64 : real.fcntl, fd, cmd,
			  arg);
}

HOOK(int, close_range, unsigned first, unsigned last, int flags)
{
	return shim_close_range(first, last, flags);
}

HOOK(void, closefrom, int first)
{
	const unsigned from = first < 0 ? 0 : (unsigned)first;

	if (!real.closefrom) {
		shim_close_range(from, UINT_MAX, 0);
		return;
	}
	fdtab_closed_range(from, UINT_MAX);
	real.closefrom(first);
}

/* libc closes a stream's descriptor without our hooks. */
static void stream_closes(FILE *f)
{
	const int err = errno; /* a stream without descriptor sets it */
	int fd = fileno_unlocked(f);

	errno = err;
	fdtab_closed(fd);
}

HOOK(int, fclose, FILE *f)
{
	stream_closes(f);
	return real.fclose(f);
}

HOOK(FILE *, freopen, const char *path, const char *mode, FILE *f)
{
	stream_closes(f);
	return real.freopen(path, mode, f);
}

HOOK(FILE *, freopen64, const char *path, const char *mode, FILE *f)
{
	stream_closes(f);
	return (real.freopen64 ? real.freopen64 : real.freopen)(path, mode, f);
}
