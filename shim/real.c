// SPDX-License-Identifier: GPL-3.0-or-later
/* real: see real.h
 *
 * Every pointer starts at a stand-in, so that a hook need not ask whether we
 * are ready: the fast path of close() is a load, a test and a jump.
 */

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "interpose.h"
#include "real.h"
#include "sys.h"

/* Before real_init(): system calls by number. */

static int early_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	return (int)hook_return(sys_connect(fd, sa, len));
}

static ssize_t early_sendto(int fd, const void *buf, size_t len, int flags,
			    const struct sockaddr *sa, socklen_t salen)
{
	return hook_return(sys_call(SYS_sendto, fd, SYS_P(buf), (long)len,
				    flags, SYS_P(sa), salen));
}

static ssize_t early_sendmsg(int fd, const struct msghdr *m, int flags)
{
	return hook_return(sys_call(SYS_sendmsg, fd, SYS_P(m), flags, 0, 0, 0));
}

static int early_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	return (int)hook_return(
		sys_call(SYS_sendmmsg, fd, SYS_P(m), n, flags, 0, 0));
}

static int early_getsockname(int fd, struct sockaddr *sa, socklen_t *len)
{
	return (int)hook_return(sys_getsockname(fd, sa, len));
}

static int early_getpeername(int fd, struct sockaddr *sa, socklen_t *len)
{
	return (int)hook_return(
		sys_call(SYS_getpeername, fd, SYS_P(sa), SYS_P(len), 0, 0, 0));
}

static int early_getsockopt(int fd, int level, int name, void *val,
			    socklen_t *len)
{
	return (int)hook_return(sys_getsockopt(fd, level, name, val, len));
}

static int early_setsockopt(int fd, int level, int name, const void *val,
			    socklen_t len)
{
	return (int)hook_return(sys_setsockopt(fd, level, name, val, len));
}

static int early_ioctl(int fd, unsigned long request, long arg)
{
	return (int)hook_return(
		sys_call(SYS_ioctl, fd, (long)request, arg, 0, 0, 0));
}

static int early_fcntl(int fd, int cmd, long arg)
{
	return (int)hook_return(sys_fcntl(fd, cmd, arg));
}

static int early_dup(int fd)
{
	return (int)hook_return(sys_call(SYS_dup, fd, 0, 0, 0, 0, 0));
}

static int early_dup3(int from, int to, int flags)
{
	return (int)hook_return(sys_dup3(from, to, flags));
}

/* dup2(2) of a number onto itself succeeds where it is open; dup3(2) fails. */
static int early_dup2(int from, int to)
{
	long r;

	if (from != to)
		return early_dup3(from, to, 0);
	r = sys_fcntl(from, F_GETFD, 0);
	return (int)hook_return(r < 0 ? r : to);
}

static int early_close(int fd)
{
	return (int)hook_return(sys_close(fd));
}

static int early_epoll_ctl(int ep, int op, int fd, struct epoll_event *e)
{
	return (int)hook_return(sys_epoll_ctl(ep, op, fd, e));
}

static long early_syscall(long n, long a, long b, long c, long d, long e,
			  long f)
{
	return hook_return(sys_call(n, a, b, c, d, e, f));
}

/* Before real_init(): what only libc can do. */

static int early_getaddrinfo(const char *node, const char *service,
			     const struct addrinfo *hints,
			     struct addrinfo **res)
{
	real_init();
	return real.getaddrinfo(node, service, hints, res);
}

static int early_getnameinfo(const struct sockaddr *sa, socklen_t salen,
			     char *host, socklen_t hostlen, char *serv,
			     socklen_t servlen, int flags)
{
	real_init();
	return real.getnameinfo(sa, salen, host, hostlen, serv, servlen, flags);
}

static struct hostent *early_gethostbyname(const char *name)
{
	real_init();
	return real.gethostbyname(name);
}

static struct hostent *early_gethostbyname2(const char *name, int family)
{
	real_init();
	return real.gethostbyname2(name, family);
}

static struct hostent *early_gethostbyaddr(const void *a, socklen_t len,
					   int family)
{
	real_init();
	return real.gethostbyaddr(a, len, family);
}

static int early_gethostbyname_r(const char *name, struct hostent *h, char *buf,
				 size_t len, struct hostent **res, int *err)
{
	real_init();
	return real.gethostbyname_r(name, h, buf, len, res, err);
}

static int early_gethostbyname2_r(const char *name, int family,
				  struct hostent *h, char *buf, size_t len,
				  struct hostent **res, int *err)
{
	real_init();
	return real.gethostbyname2_r(name, family, h, buf, len, res, err);
}

static int early_gethostbyaddr_r(const void *a, socklen_t alen, int family,
				 struct hostent *h, char *buf, size_t len,
				 struct hostent **res, int *err)
{
	real_init();
	return real.gethostbyaddr_r(a, alen, family, h, buf, len, res, err);
}

static int early_fclose(FILE *f)
{
	real_init();
	return real.fclose(f);
}

static FILE *early_freopen(const char *path, const char *mode, FILE *f)
{
	real_init();
	return real.freopen(path, mode, f);
}

struct real real = {
#define REAL_EARLY(result, name, params) .name = early_##name,
	REAL_SYSCALLS(REAL_EARLY) REAL_LIBCALLS(REAL_EARLY)
};

void *(*real_dlopen)(const char *, int);

/* dlsym() gives an object pointer; POSIX says that it may hold a function. */
static void find(void *slot, const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (f)
		__atomic_store_n((void **)slot, f, __ATOMIC_RELEASE);
}

/**
 * real_init() - Find the real functions
 *
 * May be called again and by several threads at once: each finds the same.
 * Not async-signal-safe; before the constructor it runs in whichever
 * constructor first calls a hook that needs it.
 */
void real_init(void)
{
	static atomic_bool done;

	if (atomic_load_explicit(&done, memory_order_acquire))
		return;
#define REAL_BIND(result, name, params) find(&real.name, #name);
	REAL_SYSCALLS(REAL_BIND)
	REAL_LIBCALLS(REAL_BIND)
	REAL_OPTIONAL(REAL_BIND)
#undef REAL_BIND
	find(&real_dlopen, "dlopen");
	dlerror(); /* what an optional one that libc lacks has left */
	atomic_store_explicit(&done, true, memory_order_release);
}
