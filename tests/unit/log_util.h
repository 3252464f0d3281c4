/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log_util: standard error and a log file for one test */
#ifndef LOG_UTIL_H
#define LOG_UTIL_H

#include "fd_util.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "log.h"

static int true_stderr; /* cmocka's, while a test has its own */
static char path[] = "/tmp/test_log.XXXXXX/log";

static inline int setup(void **state)
{
	char *slash = strrchr(path, '/');

	(void)state;
	*slash = '\0';
	if (!mkdtemp(path))
		return -1;
	*slash = '/';
	true_stderr = fcntl(2, F_DUPFD_CLOEXEC, 100);
	return true_stderr < 0;
}

static inline int teardown(void **state)
{
	char *slash = strrchr(path, '/');

	(void)state;
	unlink(path);
	*slash = '\0';
	return rmdir(path);
}

static inline int own_stderr(void **state)
{
	(void)state;
	log_set(CONF_LOG_ERROR, NULL);
	return 0;
}

static inline int put_stderr_back(void **state)
{
	(void)state;
	log_set(CONF_LOG_ERROR, NULL);
	unlink(path);
	return dup2(true_stderr, 2) != 2;
}

/* A line; neither errno nor the signal mask nor a descriptor may change. */
static inline void say(const char *s)
{
	sigset_t before, after;
	struct log_line l;
	int err, fds = fd_count();

	sigprocmask(SIG_BLOCK, NULL, &before);
	errno = EDOM;
	log_begin(&l);
	text_str(&l.text, s);
	log_end(&l);
	err = errno;
	sigprocmask(SIG_BLOCK, NULL, &after);
	assert_int_equal(err, EDOM);
	assert_int_equal(sigismember(&before, SIGPIPE),
			 sigismember(&after, SIGPIPE));
	assert_int_equal(fd_count(), fds);
}

/* Make descriptor 2 a socket, as the program starts.  Return: its peer */
static inline int stderr_pair(void)
{
	int pair[2];

	fd_pair(pair);
	dup2(pair[0], 2);
	close(pair[0]);
	log_init();
	return pair[1];
}

/* What has arrived, as a string */
static inline const char *arrived(int fd)
{
	static char buf[4096];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, own_stderr, put_stderr_back)

#endif
