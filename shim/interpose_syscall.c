// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_syscall: syscall(2), through which libuv, the JDK and CPython
 * reach around libc
 *
 * What we interpose goes to our hook of that name, everything else on as it
 * is: an allow-list here has broken programs whenever Linux got a new call.
 */

#include <sys/syscall.h>

#include "fdtab.h"
#include "interpose.h"
#include "real.h"
#include "sys.h"

#define PTR(x) ((void *)(uintptr_t)(x))

/* Calls on a descriptor of ours, or sends that connect one, by the hooks of
 * those names */
SLOW static long on_tracked(long n, long a, long b, long c, long d, long e,
			    long f)
{
	switch (n) {
	case SYS_sendto:
		return shim_sendto((int)a, PTR(b), (size_t)c, (int)d, PTR(e),
				   (socklen_t)f);
	case SYS_sendmsg:
		return shim_sendmsg((int)a, PTR(b), (int)c);
	case SYS_sendmmsg:
		return shim_sendmmsg((int)a, PTR(b), (unsigned)c, (int)d);
	case SYS_getsockname:
		return shim_getsockname((int)a, PTR(b), PTR(c));
	case SYS_getpeername:
		return shim_getpeername((int)a, PTR(b), PTR(c));
	case SYS_getsockopt:
		return shim_getsockopt((int)a, (int)b, (int)c, PTR(d), PTR(e));
	case SYS_setsockopt:
		return shim_setsockopt((int)a, (int)b, (int)c, PTR(d),
				       (socklen_t)e);
	case SYS_ioctl:
		return shim_ioctl((int)a, (unsigned long)b, c);
	default:
		return real.syscall(n, a, b, c, d, e, f);
	}
}

/* Calls that change what a descriptor number is: all are looked at. */
HOOK(long, syscall, long n, long a, long b, long c, long d, long e, long f)
{
	switch (n) {
	case SYS_close: /* no cancellation point, unlike close() */
		return shim_close_nocancel((int)a);
	case SYS_connect:
		return shim_connect((int)a, PTR(b), (socklen_t)c);
	case SYS_dup:
		return shim_dup((int)a);
#ifdef SYS_dup2
	case SYS_dup2:
		return shim_dup2((int)a, (int)b);
#endif
	case SYS_dup3:
		return shim_dup3((int)a, (int)b, (int)c);
	case SYS_fcntl:
		if ((int)b != F_DUPFD && (int)b != F_DUPFD_CLOEXEC)
			break;
		return shim_fcntl((int)a, (int)b, c);
	case SYS_close_range:
		return shim_close_range((unsigned)a, (unsigned)b, (int)c);
	case SYS_epoll_ctl:
		return shim_epoll_ctl((int)a, (int)b, (int)c, PTR(d));
	case SYS_sendto:
	case SYS_sendmmsg:
		if (fdtab_maybe((int)a) || d & MSG_FASTOPEN)
			return on_tracked(n, a, b, c, d, e, f);
		break;
	case SYS_sendmsg:
		if (fdtab_maybe((int)a) || c & MSG_FASTOPEN)
			return on_tracked(n, a, b, c, d, e, f);
		break;
	case SYS_getsockname:
	case SYS_getpeername:
	case SYS_getsockopt:
	case SYS_setsockopt:
	case SYS_ioctl:
		if (fdtab_maybe((int)a))
			return on_tracked(n, a, b, c, d, e, f);
		break;
	}
	return real.syscall(n, a, b, c, d, e, f);
}
