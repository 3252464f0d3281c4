/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text: build a bounded string piece by piece.  Pure.
 *
 * For code that may not call stdio: constructors, connect(), signal handlers.
 * The buffer always ends in NUL; what does not fit is cut off.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t size; /* of buf, at least 1 */
	size_t len;  /* of the string so far, without its NUL */
};

struct text text_init(char *buf, size_t size);
void text_char(struct text *t, char c);
void text_bytes(struct text *t, const char *s, size_t len);
void text_str(struct text *t, const char *s);
void text_uint(struct text *t, uint64_t n);
void text_hex(struct text *t, uint64_t n);
void text_quote(struct text *t, const char *s, size_t len, size_t max);

/* ASCII only, whatever the program's locale: host names are. */
static inline char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool text_equal_nocase(const char *a, const char *b, size_t len);

#endif
