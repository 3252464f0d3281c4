// SPDX-License-Identifier: GPL-3.0-or-later
/* log: where lines go, and where they must not; what the program notices */

#include "log_util.h"

static void test_line(void **state)
{
	int peer = stderr_pair(), copy;

	(void)state;
	say("hello");
	assert_string_equal(arrived(peer), "vsockwrap: hello\n");
	/* the same file under a new descriptor is the same */
	copy = dup(2);
	close(2);
	dup2(copy, 2);
	close(copy);
	say("again");
	assert_string_equal(arrived(peer), "vsockwrap: again\n");
	close(peer);
}

/* A daemon has closed 2, and its next socket has the number. */
static void test_reused(void **state)
{
	int peer = stderr_pair(), pair[2];

	(void)state;
	close(2);
	say("to nobody");
	fd_pair(pair);
	assert_int_equal(pair[0], 2);
	say("not to this one");
	assert_string_equal(arrived(pair[1]), "");
	assert_string_equal(arrived(peer), "");
	close(pair[1]);
	close(peer);
}

/* It was closed when the process started. */
static void test_closed_at_start(void **state)
{
	int pair[2];

	(void)state;
	close(2);
	log_init();
	fd_pair(pair);
	assert_int_equal(pair[0], 2);
	say("not to this one");
	assert_string_equal(arrived(pair[1]), "");
	close(pair[1]);
}

static bool sigpipe_pending(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGPIPE);
}

/* Nobody reads any more: the program lives, and no signal waits for it. */
static void test_broken_pipe(void **state)
{
	sigset_t sigpipe;

	(void)state;
	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
	close(stderr_pair());
	say("SIGPIPE would end us");
	assert_false(sigpipe_pending());

	/* the program holds it back itself */
	sigprocmask(SIG_BLOCK, &sigpipe, NULL);
	say("none is left pending");
	assert_false(sigpipe_pending());
	raise(SIGPIPE);
	say("but the program's own stays");
	assert_true(sigpipe_pending());
	signal(SIGPIPE, SIG_IGN); /* takes it away */
	sigprocmask(SIG_UNBLOCK, &sigpipe, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void test_level(void **state)
{
	(void)state;
	for (int set = CONF_LOG_OFF; set <= CONF_LOG_DEBUG; set++) {
		log_set((enum conf_log)set, NULL);
		for (int l = CONF_LOG_ERROR; l <= CONF_LOG_DEBUG; l++)
			check(log_wants((enum conf_log)l) == (l <= set),
			      "%d at %d", l, set);
	}
}

static void test_cut(void **state)
{
	static char s[4000];
	int peer = stderr_pair();

	(void)state;
	memset(s, 'x', sizeof(s) - 1);
	for (size_t len = 400; len < sizeof(s); len += 7) {
		const char *got;

		say(s + sizeof(s) - 1 - len);
		got = arrived(peer);
		check(strlen(got) <= LOG_LINE, "%zu", len);
		check(strlen(got) == strlen("vsockwrap: ") + len + 1 ||
			      strlen(got) >= LOG_LINE - 2,
		      "%zu", len);
		/* one line, with its end */
		check(strchr(got, '\n') == got + strlen(got) - 1, "%zu", len);
	}
	close(peer);
}

static void test_errno(void **state)
{
	static const struct {
		int err;
		const char *text;
	} cases[] = {
		{ ECONNREFUSED, "vsockwrap: connection refused" },
		{ ETIMEDOUT, "vsockwrap: timed out" },
		{ EAGAIN, "vsockwrap: the listener's queue is full" },
		{ 4095, "vsockwrap: error 4095" },
		{ 0, "vsockwrap: error 0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct log_line l;

		log_begin(&l);
		log_errno(&l, cases[i].err);
		assert_string_equal(l.buf, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_line),
		TEST(test_reused),
		TEST(test_closed_at_start),
		TEST(test_broken_pipe),
		TEST(test_level),
		TEST(test_cut),
		TEST(test_errno),
	};

	return cmocka_run_group_tests_name("log", tests, setup, teardown);
}
