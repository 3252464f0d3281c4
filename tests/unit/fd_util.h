/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fd_util: descriptors for unit tests: what they are, how many there are */
#ifndef FD_UTIL_H
#define FD_UTIL_H

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ThreadSanitizer makes vfork() a fork(), and does not know that a child has
 * one thread only. */
#if defined(__SANITIZE_THREAD__)
#	define UNDER_TSAN true
#elif defined(__has_feature)
#	if __has_feature(thread_sanitizer)
#		define UNDER_TSAN true
#	endif
#endif
#ifndef UNDER_TSAN
#	define UNDER_TSAN false
#endif

static inline void need_vfork(void)
{
	if (!UNDER_TSAN)
		return;
	print_message("SKIP: no vfork() under ThreadSanitizer\n");
	skip();
}

/* Inode, or 0 where the number is closed. */
static inline ino_t fd_ino(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

/* How many descriptors this process has open. */
static inline int fd_count(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = -3; /* ".", ".." and the directory's own */

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* A connected pair; [0] is what a test looks at, [1] its peer. */
static inline void fd_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

/* May descriptor numbers up to @number be used?  Asks for it. */
static inline bool fd_allow(int number)
{
	struct rlimit r;
	rlim_t want = (rlim_t)number + 1;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	if (r.rlim_cur >= want)
		return true;
	r.rlim_cur = want;
	if (r.rlim_max < want)
		r.rlim_max = want;
	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

static inline int64_t fd_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Numbers that look random and are the same in every run. */
static inline uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

#endif
