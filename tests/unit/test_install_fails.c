// SPDX-License-Identifier: GPL-3.0-or-later
/* install: where it cannot be done, nothing has changed */

#include "install_util.h"

#include <errno.h>

/* Closed, or another socket, since connect(2) began */
static void test_not_the_same(void **state)
{
	struct setting s = begin();

	(void)state;
	assert_int_equal(install(s.fd, s.old + 1, s.side, s.c), -EBADF);
	assert_int_equal(fcntl(s.fd, F_GETFL), O_RDWR);
	expect_unchanged(&s);

	s = begin();
	close(s.fd);
	assert_int_equal(install(s.fd, s.old, s.side, s.c), -EBADF);
	assert_int_equal(fd_ino(s.fd), 0);
	s.old = 0;
	expect_unchanged(&s);
}

/* In more instances than can be moved: all of them have it still. */
static void test_too_many_instances(void **state)
{
	struct epoll_event e = { EPOLLOUT, { .u64 = 5 } };
	struct setting s = begin();
	int ep[EPOLLREG_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ep); i++) {
		ep[i] = epoll_create1(0);
		assert_int_equal(epoll_ctl(ep[i], EPOLL_CTL_ADD, s.fd, &e), 0);
		epollreg_note(ep[i], EPOLL_CTL_ADD, s.fd, &e);
	}
	assert_int_equal(install(s.fd, s.old, s.side, s.c), -ENOBUFS);
	for (size_t i = 0; i < ARRAY_LEN(ep); i++) {
		assert_int_equal(epoll_ctl(ep[i], EPOLL_CTL_MOD, s.fd, &e), 0);
		close(ep[i]);
	}
	expect_unchanged(&s);
}

/* With three numbers to record, each allocation in turn fails. */
static void test_no_memory(void **state)
{
	int failed = 0, r;

	(void)state;
	do {
		struct setting s = begin();
		int copy[2] = { dup_hooked(s.fd, 0), dup_hooked(s.fd, 0) };

		fake_fail = (unsigned)failed + 1;
		r = install(s.fd, s.old, s.side, s.c);
		fake_fail = 0;
		for (int i = 0; i < 2; i++) {
			check(fd_ino(copy[i]) == (r ? s.old : s.new), "%d",
			      failed);
			check(find(copy[i]) == (r ? NULL : s.c), "%d", failed);
			close_hooked(copy[i]);
		}
		if (r) {
			assert_int_equal(r, -ENOMEM);
			expect_unchanged(&s);
			failed++;
		} else {
			expect_installed(&s);
		}
	} while (r);
	assert_true(failed >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_the_same),
		cmocka_unit_test(test_too_many_instances),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("install_fails", tests, NULL, NULL);
}
