/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sys: the system calls that the shim makes for itself.
 *
 * Straight to the kernel, because the libc functions of these names are the
 * ones we replace, set errno (which belongs to the program), are cancellation
 * points (a cancelled thread would keep our lock) and cannot be called before
 * the dynamic linker is done.  Each returns what the kernel returns: a result
 * of zero or more, or a negative errno.
 */
#ifndef SYS_H
#define SYS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define SYS_SIGSET_SIZE (64 / 8) /* of the kernel's sigset_t, _NSIG / 8 */

#if defined(__x86_64__) && defined(__LP64__)
static inline long sys_call(long n, long a, long b, long c, long d, long e,
			    long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__) && defined(__LP64__)
static inline long sys_call(long n, long a, long b, long c, long d, long e,
			    long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#	error "vsockwrap knows x86-64 and aarch64: the CPUs of Nitro Enclaves"
#endif

#define SYS_P(p) ((long)(uintptr_t)(p))

static inline int sys_close(int fd)
{
	return (int)sys_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline int sys_dup3(int from, int to, int flags)
{
	return (int)sys_call(SYS_dup3, from, to, flags, 0, 0, 0);
}

static inline long sys_fcntl(int fd, int cmd, long arg)
{
	return sys_call(SYS_fcntl, fd, cmd, arg, 0, 0, 0);
}

/* struct stat of libc is the kernel's on both CPUs */
static inline int sys_fstat(int fd, struct stat *st)
{
#ifdef __clang_analyzer__ /* does not see the kernel write */
	*st = (struct stat){ 0 };
#endif
	return (int)sys_call(SYS_fstat, fd, SYS_P(st), 0, 0, 0, 0);
}

static inline int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return (int)sys_call(SYS_openat, dir, SYS_P(path), flags, mode, 0, 0);
}

static inline ssize_t sys_read(int fd, void *buf, size_t len)
{
	return sys_call(SYS_read, fd, SYS_P(buf), (long)len, 0, 0, 0);
}

static inline ssize_t sys_write(int fd, const void *buf, size_t len)
{
	return sys_call(SYS_write, fd, SYS_P(buf), (long)len, 0, 0, 0);
}

static inline int sys_socket(int family, int type, int protocol)
{
	return (int)sys_call(SYS_socket, family, type, protocol, 0, 0, 0);
}

static inline int sys_connect(int fd, const void *sa, socklen_t len)
{
	return (int)sys_call(SYS_connect, fd, SYS_P(sa), len, 0, 0, 0);
}

static inline int sys_getsockname(int fd, void *sa, socklen_t *len)
{
	return (int)sys_call(SYS_getsockname, fd, SYS_P(sa), SYS_P(len), 0, 0,
			     0);
}

static inline int sys_getsockopt(int fd, int level, int name, void *val,
				 socklen_t *len)
{
	return (int)sys_call(SYS_getsockopt, fd, level, name, SYS_P(val),
			     SYS_P(len), 0);
}

static inline int sys_setsockopt(int fd, int level, int name, const void *val,
				 socklen_t len)
{
	return (int)sys_call(SYS_setsockopt, fd, level, name, SYS_P(val), len,
			     0);
}

static inline ssize_t sys_recvmsg(int fd, struct msghdr *m, int flags)
{
	return sys_call(SYS_recvmsg, fd, SYS_P(m), flags, 0, 0, 0);
}

static inline int sys_epoll_ctl(int ep, int op, int fd, struct epoll_event *e)
{
	return (int)sys_call(SYS_epoll_ctl, ep, op, fd, SYS_P(e), 0, 0);
}

/* The poll events that @fd has now; never waits. */
static inline int sys_poll_now(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct timespec zero = { 0, 0 };
	long n = sys_call(SYS_ppoll, SYS_P(&p), 1, SYS_P(&zero), 0, 0, 0);

	return n < 0 ? (int)n : n ? p.revents : 0;
}

static inline void *sys_mmap_anon(size_t len)
{
	long r = sys_call(SYS_mmap, 0, (long)len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return r < 0 && r > -4096 ? NULL : (void *)(uintptr_t)r;
}

static inline void sys_munmap(void *p, size_t len)
{
	sys_call(SYS_munmap, SYS_P(p), (long)len, 0, 0, 0, 0);
}

static inline pid_t sys_getpid(void)
{
	return (pid_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline void sys_sigmask(int how, const uint64_t *set, uint64_t *old)
{
	sys_call(SYS_rt_sigprocmask, how, SYS_P(set), SYS_P(old),
		 SYS_SIGSET_SIZE, 0, 0);
}

/* An int option, or a negative errno */
static inline int sys_getsockopt_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int v = 0;
	int r = sys_getsockopt(fd, level, name, &v, &len);

	return r < 0 ? r : v;
}

#endif
