// SPDX-License-Identifier: GPL-3.0-or-later
/* dial: see dial.h
 *
 * AF_VSOCK differs from TCP where programs notice (facts from
 * net/vmw_vsock/af_vsock.c, seen on 6.1 and 7.2):
 *
 *   - nobody listens: ECONNRESET, not ECONNREFUSED;
 *   - the kernel gives up after 2 s unless told otherwise;
 *   - a signal during a blocking connect aborts it, where TCP goes on: so we
 *     always connect without blocking and wait with poll(2);
 *   - after a failed non-blocking connect the socket never connects again: so
 *     every try is a fresh socket.
 */

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <linux/vm_sockets.h> /* wants sys/socket.h before it */

#include "dial.h"
#include "sys.h"

/**
 * dial_error() - What TCP would have said
 * @err:	errno of a failed connection to a target
 *
 * Return: an errno of connect(2) for TCP
 */
int dial_error(int err)
{
	switch (err) {
	case ECONNRESET: /* vsock: nobody listens, or the queue is full */
	case ENOENT:     /* unix: no such path */
	case ENOTDIR:
	case ENOTSOCK:
	case EPROTOTYPE:
	case EAGAIN: /* unix: the queue is full */
	case EPIPE:
		return ECONNREFUSED;
	case ENODEV:       /* no vsock transport for this CID */
	case EAFNOSUPPORT: /* no AF_VSOCK in this kernel */
	case EADDRNOTAVAIL:
		return ENETUNREACH;
	case EMFILE: /* connect(2) needs no descriptor on TCP */
	case ENFILE:
	case ENOMEM:
	case ENOSYS: /* epollreg_take(): no /proc */
		return ENOBUFS;
	default:
		return err;
	}
}

static int fail(struct dial *d, int err)
{
	if (d->fd >= 0)
		sys_close(d->fd);
	d->fd = -1;
	d->cause = -err;
	return err;
}

static struct timeval timeval_of(uint32_t ms)
{
	return (struct timeval){ .tv_sec = ms / 1000,
				 .tv_usec = (suseconds_t)(ms % 1000) * 1000 };
}

/* Never 0, 1 or 2, where a program that has closed them may write meanwhile */
static int side_socket(int family, int type)
{
	int fd = sys_socket(family, type | SOCK_CLOEXEC, 0);
	int high;

	if (fd < 0 || fd > 2)
		return fd;
	high = (int)sys_fcntl(fd, F_DUPFD_CLOEXEC, 3);
	sys_close(fd);
	return high;
}

static int open_vsock(struct dial *d, const struct rule *rule)
{
	const struct timeval limit = timeval_of(rule->connect_timeout_ms);
	struct sockaddr_vm vm;
	int r;

	d->fd = side_socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK);
	if (d->fd < 0)
		return fail(d, d->fd);
	r = sys_setsockopt(d->fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT,
			   &limit, sizeof(limit));
	if (r < 0)
		return fail(d, r);
	memset(&vm, 0, sizeof(vm)); /* unknown svm_flags are EINVAL */
	vm.svm_family = AF_VSOCK;
	vm.svm_cid = rule->target.cid;
	vm.svm_port = rule->target.port;
	r = sys_connect(d->fd, &vm, sizeof(vm));
	d->connecting = r == -EINPROGRESS;
	return r < 0 && !d->connecting ? fail(d, r) : 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* unix(7) has no connection in progress: where the listener's queue is full,
 * a blocking connect waits up to SO_SNDTIMEO, a non-blocking one fails. */
static int open_unix(struct dial *d, const struct rule *rule, int limit_ms)
{
	const uint32_t ms =
		limit_ms > 0 && (uint32_t)limit_ms < rule->connect_timeout_ms
			? (uint32_t)limit_ms
			: rule->connect_timeout_ms;
	const struct timeval limit = timeval_of(ms), none = { 0 };
	const char *path = rule->target.path;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const int64_t end = now_ms() + ms;
	size_t len = strlen(path);
	int r;

	d->fd = side_socket(AF_UNIX, SOCK_STREAM);
	if (d->fd < 0)
		return fail(d, d->fd);
	if (len >= sizeof(un.sun_path))
		return fail(d, -ENOENT);
	memcpy(un.sun_path, path, len);
	if (path[0] == '@') /* abstract: no NUL at its end */
		un.sun_path[0] = '\0';
	else
		len++;
	if (limit_ms == 0)
		sys_fcntl(d->fd, F_SETFL, O_RDWR | O_NONBLOCK);
	sys_setsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	len += offsetof(struct sockaddr_un, sun_path);
	do /* each signal starts the kernel's time anew, but not ours */
		r = sys_connect(d->fd, &un, (socklen_t)len);
	while (r == -EINTR && now_ms() < end);
	if ((r == -EAGAIN && limit_ms) || r == -EINTR)
		r = -ETIMEDOUT;
	if (r < 0)
		return fail(d, r);
	sys_fcntl(d->fd, F_SETFL, O_RDWR | O_NONBLOCK);
	sys_setsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
	return 0;
}

/**
 * dial_open() - Start a connection to a rule's target
 * @d:		filled in; d->fd is the caller's to close on success, -1 on
 *		failure
 * @rule:	a RULE_ROUTE
 * @limit_ms:	0: the program's socket is a non-blocking one; otherwise its
 *		SO_SNDTIMEO, or -1.  Only a unix target blocks here, no longer
 *		than this and the rule's connect-timeout
 *
 * Return: 0, or a negative errno of the kernel's, see dial_error()
 */
int dial_open(struct dial *d, const struct rule *rule, int limit_ms)
{
	*d = (struct dial){ .fd = -1 };
	switch (rule->target.kind) {
	case TARGET_VSOCK:
		return open_vsock(d, rule);
	case TARGET_UNIX:
		return open_unix(d, rule, limit_ms);
	case TARGET_NONE:
		break;
	}
	return fail(d, -ENETUNREACH);
}

/* Does every handler of the program ask for SA_RESTART?  Then the signal that
 * interrupted us did, and connect(2) on TCP would have gone on (signal(7)).
 * Nobody tells which signal it was; with mixed handlers we say EINTR. */
static bool signals_restart(void)
{
	struct sigaction sa;

	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if (sigaction(sig, NULL, &sa) == 0 &&
		    sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN &&
		    !(sa.sa_flags & SA_RESTART))
			return false;
	}
	return true;
}

/**
 * dial_poll() - Wait until a socket is writable or has failed
 * @fd:		socket
 * @limit_ms:	SO_SNDTIMEO of the program's socket, or -1
 *
 * A cancellation point, as connect(2) is.  The libc calls in here may change
 * errno: the caller restores it.
 *
 * Return: 0; -EINPROGRESS after @limit_ms; -EINTR on a signal after which
 * connect(2) would not have gone on by itself
 */
int dial_poll(int fd, int limit_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int n;

	while ((n = poll(&p, 1, limit_ms)) < 0) {
		/* with a time limit, TCP does not restart (signal(7)) */
		if (errno != EINTR || limit_ms >= 0 || !signals_restart())
			return -errno;
	}
	return n ? 0 : -EINPROGRESS;
}

static void cancelled(void *arg)
{
	struct dial *d = arg;

	fail(d, -EINTR);
}

/**
 * dial_wait() - Wait until a connection stands
 * @d:		from dial_open(), connecting
 * @limit_ms:	as for dial_poll(); the rule's connect-timeout holds in any
 *		case, by the kernel
 *
 * Return: 0 connected; -EINPROGRESS or -EINTR as dial_poll(), the connection
 * going on; otherwise a negative errno of the kernel's, and d->fd is closed
 */
int dial_wait(struct dial *d, int limit_ms)
{
	int r;

	pthread_cleanup_push(cancelled, d);
	r = dial_poll(d->fd, limit_ms);
	pthread_cleanup_pop(0);
	if (r < 0)
		return r;
	r = sys_getsockopt_int(d->fd, SOL_SOCKET, SO_ERROR);
	if (r)
		return fail(d, r < 0 ? r : -r);
	d->connecting = false;
	return 0;
}
