/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log: one line, one write(2); never stdout, never another file's descriptor */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

#include "conf.h"
#include "text.h"

#define LOG_LINE 512

struct log_line {
	struct text text;
	char buf[LOG_LINE];
};

void log_init(void);
void log_set(enum conf_log level, const char *file);
bool log_wants(enum conf_log level);
void log_begin(struct log_line *l);
void log_end(struct log_line *l);
void log_errno(struct log_line *l, int err);

#endif
