// SPDX-License-Identifier: GPL-3.0-or-later
/* net: what every probe does with sockets */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>

#include "probe.h"

static const char *env(const char *name, const char *otherwise)
{
	const char *v = getenv(name);

	return v && *v ? v : otherwise;
}

/**
 * probe_form() - "tcp", "unix" or "vsock": what stands behind the routes
 */
const char *probe_form(void)
{
	return env("PROBE_FORM", "tcp");
}

/**
 * probe_name() - The peer's host name
 */
const char *probe_name(void)
{
	return env("PROBE_NAME", "echo.probe.example");
}

/**
 * peer() - The address of the peer's @port
 * @family:	AF_INET, AF_INET6 or MAPPED
 */
struct peer peer(int family, int port)
{
	const char *ip4 = env("PROBE_IP4", "203.0.113.7");
	const char *ip6 = env("PROBE_IP6", "2001:db8::7");
	struct peer p = { .family = family == AF_INET ? AF_INET : AF_INET6 };
	char mapped[64];

	if (family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)&p.ss;

		*in = (struct sockaddr_in){ .sin_family = AF_INET,
					    .sin_port = htons((uint16_t)port) };
		NEED(inet_pton(AF_INET, ip4, &in->sin_addr) == 1);
		p.len = sizeof(*in);
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&p.ss;

		snprintf(mapped, sizeof(mapped), "::ffff:%s", ip4);
		*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
					      .sin6_port =
						      htons((uint16_t)port) };
		NEED(inet_pton(AF_INET6, family == MAPPED ? mapped : ip6,
			       &in6->sin6_addr) == 1);
		p.len = sizeof(*in6);
	}
	return p;
}

/**
 * peer_port() - The port of an AF_INET or AF_INET6 address, or -1
 */
int peer_port(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)sa)->sin_port);
	if (sa->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)sa)->sin6_port);
	return -1;
}

/**
 * peer_text() - An address for people, in a buffer of the thread's own
 */
const char *peer_text(const struct sockaddr *sa)
{
	static _Thread_local char text[80];
	char ip[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr,
			  ip, sizeof(ip));
	else if (sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *)sa)->sin6_addr, ip,
			  sizeof(ip));
	snprintf(text, sizeof(text), "family %d [%s]:%d", sa->sa_family, ip,
		 peer_port(sa));
	return text;
}

/**
 * sock() - A stream socket for peer(@family, ...)
 * @flags:	SOCK_NONBLOCK, SOCK_CLOEXEC
 */
int sock(int family, int flags)
{
	int fd = socket(family == AF_INET ? AF_INET : AF_INET6,
			SOCK_STREAM | flags, 0);

	if (fd < 0 && errno == EAFNOSUPPORT && family != AF_INET)
		probe_skip("this kernel has no IPv6");
	NEED(fd >= 0);
	return fd;
}

/**
 * dial_family() - A connection to the peer, made by a blocking connect()
 * @flags:	as sock(); SOCK_NONBLOCK: connect() and wait
 */
int dial_family(int family, int port, int flags)
{
	struct peer p = peer(family, port);
	int fd = sock(family, flags);
	int r;

	errno = PROBE_ERRNO;
	r = connect(fd, &p.sa, p.len);
	if (r == -1 && errno == EINPROGRESS && (flags & SOCK_NONBLOCK)) {
		NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
		NEED(so_error(fd) == 0);
		return fd;
	}
	NEED(r == 0, "connect to port %d returned %d", port, r);
	CHECK(errno == PROBE_ERRNO, "connect() set errno on success");
	return fd;
}

/**
 * dial() - A connection over an AF_INET socket
 */
int dial(int port)
{
	return dial_family(AF_INET, port, 0);
}

/**
 * echo() - Is @fd a live connection to PORT_ECHO?  Blocking or not.
 */
void echo(int fd)
{
	char out[48], in[48] = "";
	struct timespec t;
	size_t got = 0;
	int len;

	clock_gettime(CLOCK_MONOTONIC, &t);
	len = snprintf(out, sizeof(out), "%d %d %ld.%ld", getpid(), fd,
		       (long)t.tv_sec, t.tv_nsec);
	NEED(send(fd, out, (size_t)len, MSG_NOSIGNAL) == len, "fd %d", fd);
	while (got < (size_t)len) {
		ssize_t n;

		NEED(wait_for(fd, POLLIN, 30000), "fd %d: no echo", fd);
		n = recv(fd, in + got, (size_t)len - got, 0);
		NEED(n > 0, "fd %d: recv returned %zd", fd, n);
		got += (size_t)n;
	}
	NEED(!memcmp(in, out, (size_t)len), "fd %d: other bytes came back", fd);
}

/**
 * late() - Make PORT_LATE answer @ms from now
 *
 * Return: descriptor; PORT_LATE is served until it is closed
 */
int late(int ms)
{
	char line[32];
	int fd = dial(PORT_CONTROL);
	int len = snprintf(line, sizeof(line), "late %d\n", ms);

	NEED(write(fd, line, (size_t)len) == len);
	NEED(read(fd, line, sizeof(line)) == 3, "no \"ok\" from the server");
	return fd;
}

/**
 * so_error() - SO_ERROR of @fd
 */
int so_error(int fd)
{
	socklen_t len = sizeof(int);
	int err = -1;

	OK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len));
	CHECK_INT(len, sizeof(int));
	return err;
}

/**
 * wait_for() - poll() of one descriptor
 *
 * Return: revents, 0 after @ms
 */
int wait_for(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do
		r = poll(&p, 1, ms);
	while (r < 0 && errno == EINTR);
	return r > 0 ? p.revents : 0;
}

/**
 * now_ms() - Milliseconds of CLOCK_MONOTONIC
 */
long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/**
 * nap() - Sleep for @ms, all of it
 */
void nap(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}
