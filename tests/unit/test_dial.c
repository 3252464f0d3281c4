// SPDX-License-Identifier: GPL-3.0-or-later
/* dial: unix targets, as their listeners are there, gone, full or slow; vsock
 * needs another kernel: tests/vm */

#include "dial_util.h"

#include <errno.h>
#include <stdlib.h>

static char dir[] = "/tmp/test_dial.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chdir(dir) || mkdir("dir", 0700);
}

static int teardown(void **state)
{
	static const char *const names[] = { "listener", "dead", "dgram",
					     "file" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(names[i]);
	return rmdir("dir") || chdir("/") || rmdir(dir);
}

static void test_success(void **state)
{
	const char *const paths[] = { "listener", abstract_name("") };
	static const int limits[] = { 0, -1, 1, 100000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths) * ARRAY_LEN(limits); i++) {
		const char *path = paths[i % ARRAY_LEN(paths)];
		struct rule r = rule_for(path, 5000);
		int before = fd_count(), l = listener(path, 5), a;
		struct dial d;
		char c;

		errno = EDOM;
		check(dial_open(&d, &r, limits[i / ARRAY_LEN(paths)]) == 0,
		      "%s: %d", path, d.cause);
		assert_int_equal(errno, EDOM);
		expect_open(&d);
		a = accept(l, NULL, NULL);
		assert_int_equal(write(d.fd, "x", 1), 1);
		assert_int_equal(read(a, &c, 1), 1);
		close(a);
		close(d.fd);
		close(l);
		assert_int_equal(fd_count(), before);
	}
}

static void test_failures(void **state)
{
	static char too_long[CONF_PATH_MAX + 2], shorter[64];
	const struct {
		const char *path;
		int err;
	} cases[] = {
		{ "missing", ENOENT },
		{ "missing/too", ENOENT },
		{ "file", ECONNREFUSED },
		{ "file/below", ENOTDIR },
		{ "dir", ECONNREFUSED },
		{ "dead", ECONNREFUSED },
		{ "dgram", EPROTOTYPE },
		{ "@missing", ECONNREFUSED },
		/* no prefix of an abstract name, nor one with NULs behind */
		{ shorter, ECONNREFUSED },
		{ abstract_name("-2"), ECONNREFUSED },
		{ too_long, ENOENT },
	};
	int l = listener(abstract_name(""), 1), g = bound("dgram", SOCK_DGRAM);
	int before;

	(void)state;
	close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	close(listener("dead", 1));
	memset(too_long, 'x', sizeof(too_long) - 1);
	strcpy(shorter, abstract_name(""));
	shorter[strlen(shorter) - 1] = '\0';
	before = fd_count();
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		const char *path = cases[i / 2].path;
		struct rule r = rule_for(path, 5000);
		const int err = cases[i / 2].err;
		struct dial d;

		check(dial_open(&d, &r, i % 2 ? 0 : -1) == -err, "%s: %d", path,
		      d.cause);
		check(d.fd == -1 && d.cause == err && !d.connecting, "%s",
		      path);
	}
	assert_int_equal(fd_count(), before);
	close(l);
	close(g);
}

static void test_no_target(void **state)
{
	struct rule r = { .verb = RULE_DENY };
	struct dial d;

	(void)state;
	assert_int_equal(dial_open(&d, &r, -1), -ENETUNREACH);
	assert_int_equal(d.fd, -1);
	assert_int_equal(d.cause, ENETUNREACH);
}

/* No descriptor to be had: the program's own limit, not a broken target */
static void test_no_descriptor(void **state)
{
	struct rule r = rule_for("listener", 5000);
	struct rlimit before, few;
	struct dial d;
	int result;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &few);
	result = dial_open(&d, &r, -1);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(result, -EMFILE);
	assert_int_equal(d.fd, -1);
	assert_int_equal(d.cause, EMFILE);
}

static void test_error(void **state)
{
	static const struct {
		int err, tcp;
	} cases[] = {
		{ ECONNRESET, ECONNREFUSED },
		{ ENOENT, ECONNREFUSED },
		{ ENOTDIR, ECONNREFUSED },
		{ ENOTSOCK, ECONNREFUSED },
		{ EPROTOTYPE, ECONNREFUSED },
		{ EAGAIN, ECONNREFUSED },
		{ EPIPE, ECONNREFUSED },
		{ ENODEV, ENETUNREACH },
		{ EAFNOSUPPORT, ENETUNREACH },
		{ EADDRNOTAVAIL, ENETUNREACH },
		{ EMFILE, ENOBUFS },
		{ ENFILE, ENOBUFS },
		{ ENOMEM, ENOBUFS },
		{ ECONNREFUSED, ECONNREFUSED },
		{ ETIMEDOUT, ETIMEDOUT },
		{ EACCES, EACCES },
		{ EHOSTUNREACH, EHOSTUNREACH },
		{ EINTR, EINTR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(dial_error(cases[i].err) == cases[i].tcp, "%s",
		      strerror(cases[i].err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_no_target),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests_name("dial", tests, setup, teardown);
}
