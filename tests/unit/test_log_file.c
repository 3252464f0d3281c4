// SPDX-License-Identifier: GPL-3.0-or-later
/* log: to a file, which need not be there, or be one */

#include "log_util.h"

static const char *file_text(void)
{
	static char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void test_file(void **state)
{
	int peer = stderr_pair();
	struct stat st;

	(void)state;
	log_set(CONF_LOG_ERROR, path);
	say("one");
	say("two");
	assert_string_equal(file_text(), "vsockwrap: one\nvsockwrap: two\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	unlink(path); /* rotated: the next line makes a new one */
	say("three");
	assert_string_equal(file_text(), "vsockwrap: three\n");
	assert_string_equal(arrived(peer), "");
	log_set(CONF_LOG_ERROR, "/nowhere/at/all");
	say("lost");
	log_set(CONF_LOG_ERROR, NULL);
	say("four");
	assert_string_equal(arrived(peer), "vsockwrap: four\n");
	close(peer);
}

/* The program has closed 2, so that the file gets that number. */
static void test_file_is_2(void **state)
{
	(void)state;
	log_set(CONF_LOG_ERROR, path);
	close(2);
	say("one");
	assert_int_equal(fd_ino(2), 0); /* we keep no descriptor */
	say("two");
	assert_string_equal(file_text(), "vsockwrap: one\nvsockwrap: two\n");
}

/* A fifo without a reader, or a full one, stops nobody. */
static void test_fifo(void **state)
{
	int reader;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	log_set(CONF_LOG_ERROR, path);
	alarm(20);
	say("no reader");
	reader = open(path, O_RDONLY | O_NONBLOCK);
	for (int i = 0; i < 10000; i++) {
		struct log_line l;

		log_begin(&l);
		text_str(&l.text, "full");
		log_end(&l);
	}
	alarm(0);
	close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),
		TEST(test_file_is_2),
		TEST(test_fifo),
	};

	return cmocka_run_group_tests_name("log_file", tests, setup, teardown);
}
