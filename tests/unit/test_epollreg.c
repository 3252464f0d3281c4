// SPDX-License-Identifier: GPL-3.0-or-later
/* epollreg: registrations outlive the file that their number was */

#include "epoll_util.h"

/* The next event of @ep, or none */
static bool event(int ep, uint32_t *events, uint64_t *data)
{
	struct epoll_event e;

	if (epoll_wait(ep, &e, 1, 0) != 1)
		return false;
	*events = e.events;
	*data = e.data.u64;
	return true;
}

static void test_kinds(void **state)
{
	static const uint32_t kinds[] = {
		EPOLLIN,
		EPOLLOUT,
		EPOLLIN | EPOLLET,
		EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
		EPOLLIN | EPOLLONESHOT,
		EPOLLIN | EPOLLET | EPOLLONESHOT,
		EPOLLIN | EPOLLEXCLUSIVE,
		0,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		int before = fd_count(), ep = instance(), pair[2], peer;
		uint32_t events;
		uint64_t data = 0;

		fd_pair(pair);
		assert_int_equal(
			ctl(ep, EPOLL_CTL_ADD, pair[0], kinds[i], DATA + i), 0);
		peer = replace(pair[0]);
		check(has(ep, pair[0], kinds[i], DATA + i), "events %x",
		      kinds[i]);
		/* the old file's events are nobody's any more */
		close(pair[1]);
		assert_int_equal(write(peer, "x", 1), 1);
		check(event(ep, &events, &data) == (kinds[i] != 0), "events %x",
		      kinds[i]);
		check(!kinds[i] || data == DATA + i, "events %x", kinds[i]);
		/* and it can be deleted as ever */
		assert_int_equal(ctl(ep, EPOLL_CTL_DEL, pair[0], 0, 0), 0);
		close(peer);
		close(pair[0]);
		close(ep);
		assert_int_equal(fd_count(), before);
	}
}

/* One that has fired, or that a MOD has changed, is as it was left. */
static void test_disarmed(void **state)
{
	const uint32_t oneshot = EPOLLIN | EPOLLOUT | EPOLLONESHOT;
	int ep = instance(), pair[2], peer;
	uint32_t events;
	uint64_t data;

	(void)state;
	fd_pair(pair);
	ctl(ep, EPOLL_CTL_ADD, pair[0], oneshot, DATA);
	assert_true(event(ep, &events, &data));
	peer = replace(pair[0]);
	assert_false(event(ep, &events, &data));
	assert_true(has(ep, pair[0], EPOLLONESHOT, DATA));
	assert_int_equal(ctl(ep, EPOLL_CTL_MOD, pair[0], oneshot, DATA + 1), 0);
	close(replace(pair[0]));
	assert_true(has(ep, pair[0], oneshot, DATA + 1));
	assert_int_equal(ctl(ep, EPOLL_CTL_MOD, pair[0], EPOLLIN, DATA + 2), 0);
	close(replace(pair[0]));
	assert_true(has(ep, pair[0], EPOLLIN, DATA + 2));
	close(peer);
	close(pair[0]);
	close(pair[1]);
	close(ep);
}

static void test_deleted(void **state)
{
	struct epollreg_saved saved = { 0 };
	int ep = instance(), pair[2];
	struct epoll_event e;

	(void)state;
	fd_pair(pair);
	ctl(ep, EPOLL_CTL_ADD, pair[0], EPOLLIN, DATA);
	ctl(ep, EPOLL_CTL_DEL, pair[0], 0, 0);
	assert_int_equal(epollreg_take(pair[0], fd_ino(pair[0]), &saved), 0);
	assert_int_equal(saved.n, 0);
	/* closed: the note is of a file that is gone, the number another's */
	ctl(ep, EPOLL_CTL_ADD, pair[0], EPOLLIN, DATA);
	dup2(pair[1], pair[0]);
	close(replace(pair[0]));
	assert_int_equal(kernel_has(ep, pair[0], &e), 0);
	close(pair[0]);
	close(pair[1]);
	close(ep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_disarmed),
		cmocka_unit_test(test_deleted),
	};

	return cmocka_run_group_tests_name("epollreg", tests, NULL, NULL);
}
