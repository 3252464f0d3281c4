// SPDX-License-Identifier: GPL-3.0-or-later
/* install: what survives when another socket gets the program's number */

#include "install_util.h"

#include <signal.h>
#include <sys/time.h>

static void test_flags(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		int fdflags = i & 1 ? FD_CLOEXEC : 0;
		int flags = O_RDWR | (i & 2 ? O_NONBLOCK : 0) |
			    (i & 4 ? O_ASYNC : 0);
		struct setting s = begin();

		fcntl(s.fd, F_SETFD, fdflags);
		fcntl(s.fd, F_SETFL, flags);
		assert_int_equal(install(s.fd, s.old, s.side, s.c), 0);
		check(fcntl(s.fd, F_GETFD) == fdflags, "%d", i);
		check(fcntl(s.fd, F_GETFL) == flags, "%d", i);
		expect_installed(&s);
	}
}

static void test_options(void **state)
{
	static const struct timeval in = { 3, 0 }, out = { 7, 0 };
	static const struct linger linger = { 1, 9 };
	static const int one = 1;
	static const struct {
		int name;
		const void *value;
		socklen_t len;
	} cases[] = {
		{ SO_RCVTIMEO, &in, sizeof(in) },
		{ SO_SNDTIMEO, &out, sizeof(out) },
		{ SO_LINGER, &linger, sizeof(linger) },
		{ SO_KEEPALIVE, &one, sizeof(one) },
		{ SO_OOBINLINE, &one, sizeof(one) },
		{ SO_REUSEADDR, &one, sizeof(one) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct setting s = begin();

		setsockopt(s.fd, SOL_SOCKET, cases[i].name, cases[i].value,
			   cases[i].len);
		assert_int_equal(install(s.fd, s.old, s.side, s.c), 0);
		for (size_t j = 0; j < ARRAY_LEN(cases); j++) {
			static const char zero[16];
			char got[16];
			socklen_t len = sizeof(got);

			getsockopt(s.fd, SOL_SOCKET, cases[j].name, got, &len);
			check(len == cases[j].len &&
				      !memcmp(got,
					      i == j ? cases[j].value : zero,
					      len),
			      "%zu %zu", i, j);
		}
		expect_installed(&s);
	}
}

static void test_owner(void **state)
{
	const struct f_owner_ex cases[] = {
		{ F_OWNER_PID, getpid() },
		{ F_OWNER_TID, gettid() },
		{ F_OWNER_PGRP, getpgrp() },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct setting s = begin();
		struct f_owner_ex got = { 0 };

		fcntl(s.fd, F_SETOWN_EX, &cases[i]);
		fcntl(s.fd, F_SETSIG, SIGRTMIN + 3);
		assert_int_equal(install(s.fd, s.old, s.side, s.c), 0);
		fcntl(s.fd, F_GETOWN_EX, &got);
		check(got.type == cases[i].type && got.pid == cases[i].pid,
		      "%zu", i);
		assert_int_equal(fcntl(s.fd, F_GETSIG), SIGRTMIN + 3);
		expect_installed(&s);
	}
}

/* Each duplicate becomes the new socket, with its own FD_CLOEXEC; what has
 * had such a number and is something else stays so. */
static void test_duplicates(void **state)
{
	struct setting s = begin();
	int plain = dup_hooked(s.fd, 0), cloexec = dup_hooked(s.fd, 1);
	int closed = dup_hooked(s.fd, 0), other = dup_hooked(s.fd, 0);
	ino_t null;

	(void)state;
	close(closed);
	null = fd_ino(0);
	dup2(0, other);
	fcntl(s.fd, F_SETFD, 0);
	assert_int_equal(install(cloexec, s.old, s.side, s.c), 0);
	assert_int_equal(fd_ino(plain), s.new);
	assert_int_equal(fd_ino(cloexec), s.new);
	assert_int_equal(fcntl(plain, F_GETFD), 0);
	assert_int_equal(fcntl(cloexec, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_ino(other), null);
	assert_int_equal(fd_ino(closed), 0);
	assert_int_equal(s.c->refs, 3);
	assert_ptr_equal(find(plain), s.c);
	assert_ptr_equal(find(cloexec), s.c);
	close_hooked(plain);
	close_hooked(cloexec);
	close(other);
	expect_installed(&s);
}

/* Registered by two numbers, in two instances */
static void test_epoll(void **state)
{
	struct setting s = begin();
	int copy = dup_hooked(s.fd, 0), ep[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct epoll_event e = { EPOLLIN, { .u64 = i } };
		int fd = i ? copy : s.fd;

		ep[i] = epoll_create1(0);
		assert_int_equal(epoll_ctl(ep[i], EPOLL_CTL_ADD, fd, &e), 0);
		epollreg_note(ep[i], EPOLL_CTL_ADD, fd, &e);
	}
	assert_int_equal(install(s.fd, s.old, s.side, s.c), 0);
	assert_int_equal(write(s.peer, "x", 1), 1);
	for (unsigned i = 0; i < 2; i++) {
		struct epoll_event e;

		assert_int_equal(epoll_wait(ep[i], &e, 1, 0), 1);
		assert_int_equal(e.events, EPOLLIN);
		assert_true(e.data.u64 == i);
		close(ep[i]);
	}
	close_hooked(copy);
	expect_installed(&s);
}

/* Without a connection to record, former records go: back to TCP. */
static void test_no_conn(void **state)
{
	struct setting s = begin();
	int peer, fresh;

	(void)state;
	assert_int_equal(install(s.fd, s.old, s.side, s.c), 0);
	peer = s.peer;
	fresh = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s.old = fd_ino(fresh);
	assert_int_equal(install(s.fd, s.new, fresh, NULL), 0);
	assert_int_equal(fd_ino(s.fd), s.old);
	assert_false(fdtab_maybe(s.fd));
	assert_int_equal(fake_live, 0);
	close(s.fd);
	close(peer);
	assert_int_equal(fd_count(), s.fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags), cmocka_unit_test(test_options),
		cmocka_unit_test(test_owner), cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_epoll), cmocka_unit_test(test_no_conn),
	};

	return cmocka_run_group_tests_name("install", tests, NULL, NULL);
}
