// The page without its data: HTML, CSS and JavaScript from scripts/report/.
//
// page.html is copied line by line. A line that begins with `@` is replaced:
//
//   @style NAME...    a <style> element of these files, one after the other
//   @script NAME...   a <script> element of these files
//   @policy           a Content-Security-Policy, by which only these elements work: nothing is
//                     loaded from anywhere, and no other script or style is heeded
//   @data             a <script type="application/json" id="data"> element with the data
//
// Each of them stands there once. NAME is of letters, digits, `-`, `_` and dots, and lies beside
// page.html.
#ifndef QEMU_GROW_PAGE_TEMPLATE_H
#define QEMU_GROW_PAGE_TEMPLATE_H

#include <jansson.h>

#include "base/failure.h"
#include "page/text_buffer.h"

// Adds the whole page to *page. folder: that of page.html. 0, or -1 with EXIT_ID_SCRIPTS_BAD (a
// file is missing, or a line cannot be meant), or EXIT_ID_INTERNAL without memory.
int template_fill(struct text_buffer *page, const char *folder, const json_t *data,
                  struct failure *f);

#endif
