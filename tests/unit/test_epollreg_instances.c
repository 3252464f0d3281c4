// SPDX-License-Identifier: GPL-3.0-or-later
/* epollreg: in several instances; in ones that are closed, or have two numbers
 */

#include "epoll_util.h"

#include <errno.h>
#include <sys/wait.h>

/* The instance is closed; its number is free, or a file, or an instance. */
static void test_closed_instance(void **state)
{
	static const uint32_t kinds[] = { EPOLLIN, EPOLLIN | EPOLLONESHOT };

	(void)state;
	for (int i = 0; i < 6; i++) {
		int ep = instance(), other = i % 3 == 1   ? open("/", O_RDONLY)
					     : i % 3 == 2 ? instance()
							  : -1;
		struct epoll_event e;
		int pair[2];

		fd_pair(pair);
		ctl(ep, EPOLL_CTL_ADD, pair[0], kinds[i / 3], DATA);
		close(ep);
		if (other >= 0)
			assert_int_equal(dup2(other, ep), ep);
		close(replace(pair[0]));
		if (i % 3 == 2)
			assert_int_equal(kernel_has(ep, pair[0], &e), 0);
		close(other);
		close(ep);
		close(pair[0]);
		close(pair[1]);
	}
}

/* @n instances, each with its own data.  Return: what epollreg_take() does */
static int take_from_many(int n, int fd)
{
	struct epollreg_saved saved = { 0 };
	int ep[EPOLLREG_MAX + 1], r;

	for (int i = 0; i < n; i++) {
		uint32_t events = i % 2 ? EPOLLIN : EPOLLOUT | EPOLLET;

		ep[i] = instance();
		ctl(ep[i], EPOLL_CTL_ADD, fd, events, DATA + (unsigned)i);
	}
	r = epollreg_take(fd, fd_ino(fd), &saved);
	for (int i = 0; r == 0 && i < n; i++) {
		struct epoll_event e;

		check(kernel_has(ep[i], fd, &e) == 0, "%d", i);
	}
	epollreg_restore(&saved, fd);
	for (int i = 0; i < n; i++) {
		uint32_t events = i % 2 ? EPOLLIN : EPOLLOUT | EPOLLET;

		check(has(ep[i], fd, events, DATA + (unsigned)i), "%d of %d", i,
		      n);
		close(ep[i]);
	}
	return r;
}

static void test_several(void **state)
{
	static const struct {
		int n, result;
	} cases[] = {
		{ 1, 0 },
		{ 2, 0 },
		{ 3, 0 },
		{ EPOLLREG_MAX, 0 },
		{ EPOLLREG_MAX + 1, -ENOBUFS },
	};
	int pair[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fd_pair(pair);
		check(take_from_many(cases[i].n, pair[0]) == cases[i].result,
		      "%d instances", cases[i].n);
		close(pair[0]);
		close(pair[1]);
	}
}

/* In two instances, then in one again; in the first, or in the second */
static void test_one_of_two(void **state)
{
	(void)state;
	for (int stays = 0; stays < 2; stays++) {
		int ep[2] = { instance(), instance() }, pair[2];
		struct epoll_event e;

		fd_pair(pair);
		ctl(ep[0], EPOLL_CTL_ADD, pair[0], EPOLLIN, DATA);
		ctl(ep[1], EPOLL_CTL_ADD, pair[0], EPOLLIN, DATA + 1);
		ctl(ep[!stays], EPOLL_CTL_DEL, pair[0], 0, 0);
		close(replace(pair[0]));
		assert_true(has(ep[stays], pair[0], EPOLLIN,
				DATA + (unsigned)stays));
		assert_int_equal(kernel_has(ep[!stays], pair[0], &e), 0);
		close(ep[0]);
		close(ep[1]);
		close(pair[0]);
		close(pair[1]);
	}
}

/* Without /proc nothing is known of a number in several instances: an error,
 * and what there was is there still.  In a child, which has another root. */
static void test_no_proc(void **state)
{
	struct epollreg_saved saved = { 0 };
	int ep[2] = { instance(), instance() }, pair[2], status;
	pid_t pid;

	(void)state;
	fd_pair(pair);
	ctl(ep[0], EPOLL_CTL_ADD, pair[0], EPOLLIN, DATA);
	ctl(ep[1], EPOLL_CTL_ADD, pair[0], EPOLLIN, DATA);
	pid = fork();
	if (!pid) {
		if (chroot("/proc/self/fdinfo"))
			_exit(2);
		status = epollreg_take(pair[0], fd_ino(pair[0]), &saved);
		_exit(status != -ENOSYS || saved.n);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
		print_message("SKIP: chroot(2) needs root\n");
		skip();
	}
	assert_int_equal(status, 0);
	assert_true(has(ep[0], pair[0], EPOLLIN, DATA));
	for (int i = 0; i < 2; i++) {
		close(ep[i]);
		close(pair[i]);
	}
}

/* An instance with two numbers, the duplicate made before or after the
 * registration; the one it was made by is closed (and we are told, or not), or
 * is not. */
static void test_duplicated_instance(void **state)
{
	enum { OPEN, CLOSED, CLOSED_UNTOLD };

	(void)state;
	for (int i = 0; i < 6; i++) {
		int ep = instance(), ep2 = -1, pair[2], end = i / 2;

		fd_pair(pair);
		if (i % 2)
			ep2 = dup_hooked(ep);
		ctl(ep, EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLET, DATA);
		if (!(i % 2))
			ep2 = dup_hooked(ep);
		if (end == CLOSED)
			fdtab_closed(ep);
		if (end != OPEN)
			close(ep);
		close(replace(pair[0]));
		check(has(ep2, pair[0], EPOLLIN | EPOLLET, DATA), "%d", i);
		if (end == OPEN)
			close_hooked(ep);
		fdtab_closed(ep);
		close_hooked(ep2);
		close_hooked(pair[0]);
		close_hooked(pair[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_instance),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_one_of_two),
		cmocka_unit_test(test_no_proc),
		cmocka_unit_test(test_duplicated_instance),
	};

	return cmocka_run_group_tests_name("epollreg_instances", tests, NULL,
					   NULL);
}
