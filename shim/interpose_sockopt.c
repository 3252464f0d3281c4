// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_sockopt: questions about a socket
 *
 * The program's memory is read and written with the lock released: a bad
 * pointer must be the program's fault alone.
 */

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#include "emulate.h"
#include "fdtab.h"
#include "interpose.h"
#include "lock.h"
#include "real.h"

SLOW static int getsockname_tracked(int fd, struct sockaddr *sa, socklen_t *len)
{
	struct lock_guard g;
	struct conn *c = fdtab_enter(fd, &g);
	struct conn copy;

	if (!c)
		return real.getsockname(fd, sa, len);
	copy = *c;
	emulate_leave(c, &g);
	return (int)hook_return(
		emulate_copy_name(&copy.local, copy.namelen, sa, len));
}

SLOW static int getpeername_tracked(int fd, struct sockaddr *sa, socklen_t *len)
{
	struct lock_guard g;
	struct conn *c = fdtab_enter(fd, &g);
	struct conn copy;

	if (!c)
		return real.getpeername(fd, sa, len);
	emulate_refresh(c, fd);
	copy = *c;
	emulate_leave(c, &g);
	if (copy.state != CONN_ESTABLISHED && copy.state != CONN_KNOWN)
		return (int)hook_return(-ENOTCONN);
	return (int)hook_return(
		emulate_copy_name(&copy.peer, copy.namelen, sa, len));
}

/* As the kernel copies an option out: cut to the room there is */
static int copy_option(const struct emulate_answer *a, void *val,
		       socklen_t *len)
{
	const int value = a->value.number;

	if (!len || (!val && *len))
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	if (*len == 0)
		return 0;
	if (a->byte && *len > 0 && *len < sizeof(int) && value >= 0 &&
	    value <= 255) {
		*(unsigned char *)val = (unsigned char)value;
		*len = 1;
		return 0;
	}
	if (*len > a->len)
		*len = a->len;
	memcpy(val, &a->value, *len);
	return 0;
}

SLOW static int getsockopt_tracked(int fd, int level, int name, void *val,
				   socklen_t *len)
{
	struct emulate_answer a;
	struct lock_guard g;
	struct conn *c = fdtab_enter(fd, &g);
	int r;

	if (!c)
		return real.getsockopt(fd, level, name, val, len);
	r = emulate_getsockopt(c, fd, level, name, &a);
	emulate_leave(c, &g);
	if (r == EMULATE_REAL)
		return real.getsockopt(fd, level, name, val, len);
	if (r == 0)
		r = copy_option(&a, val, len);
	return (int)hook_return(r);
}

SLOW static int setsockopt_tracked(int fd, int level, int name, const void *val,
				   socklen_t len)
{
	struct lock_guard g;
	struct conn *c;
	int value = 0, r;

	if (val)
		memcpy(&value, val, len < sizeof(value) ? len : sizeof(value));
	c = fdtab_enter(fd, &g);
	if (!c)
		return real.setsockopt(fd, level, name, val, len);
	r = emulate_opts_set(c, level, name, val ? &value : NULL, len);
	emulate_leave(c, &g);
	if (r == EMULATE_REAL)
		return real.setsockopt(fd, level, name, val, len);
	return (int)hook_return(r);
}

/* The kernel first: newer ones know FIONREAD and SIOCOUTQ on AF_VSOCK.  What
 * it does not know is EOPNOTSUPP to 6.1, ENOTTY to 7.2 and to TCP. */
static int ioctl_unknown(int fd, unsigned long request, void *arg)
{
	int value;

	if (!fdtab_has(fd))
		return -errno;
	if (emulate_ioctl(fd, request, &value) == EMULATE_REAL)
		return errno == EOPNOTSUPP ? -ENOTTY : -errno;
	if (!arg)
		return -EFAULT;
	memcpy(arg, &value, sizeof(value));
	return 0;
}

SLOW static int ioctl_tracked(int fd, unsigned long request, long arg)
{
	const int err = errno;
	int r = real.ioctl(fd, request, arg);

	if (r >= 0 || (errno != EOPNOTSUPP && errno != ENOTTY))
		return r;
	r = ioctl_unknown(fd, request, (void *)(uintptr_t)arg);
	errno = err;
	return (int)hook_return(r);
}

int shim_getsockname(int fd, struct sockaddr *sa, socklen_t *len)
{
	if (fdtab_maybe(fd))
		return getsockname_tracked(fd, sa, len);
	return real.getsockname(fd, sa, len);
}

int shim_getpeername(int fd, struct sockaddr *sa, socklen_t *len)
{
	if (fdtab_maybe(fd))
		return getpeername_tracked(fd, sa, len);
	return real.getpeername(fd, sa, len);
}

int shim_getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	if (fdtab_maybe(fd))
		return getsockopt_tracked(fd, level, name, val, len);
	return real.getsockopt(fd, level, name, val, len);
}

int shim_setsockopt(int fd, int level, int name, const void *val, socklen_t len)
{
	if (fdtab_maybe(fd))
		return setsockopt_tracked(fd, level, name, val, len);
	return real.setsockopt(fd, level, name, val, len);
}

int shim_ioctl(int fd, unsigned long request, long arg)
{
	if (fdtab_maybe(fd))
		return ioctl_tracked(fd, request, arg);
	return real.ioctl(fd, request, arg);
}

HOOK(int, getsockname, int fd, struct sockaddr *sa, socklen_t *len)
{
	return shim_getsockname(fd, sa, len);
}

HOOK(int, getpeername, int fd, struct sockaddr *sa, socklen_t *len)
{
	return shim_getpeername(fd, sa, len);
}

HOOK(int, getsockopt, int fd, int level, int name, void *val, socklen_t *len)
{
	return shim_getsockopt(fd, level, name, val, len);
}

HOOK(int, setsockopt, int fd, int level, int name, const void *val,
     socklen_t len)
{
	return shim_setsockopt(fd, level, name, val, len);
}

HOOK(int, ioctl, int fd, unsigned long request, long arg)
{
	return shim_ioctl(fd, request, arg);
}
