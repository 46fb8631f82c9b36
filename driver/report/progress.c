// Rate: what came within the last second or so, smoothed.
#include "report/progress.h"

#include <string.h>

#include "base/monotonic.h"
#include "report/screen.h"

enum { LINE_SIZE = 512, BAR_MAX = 30, BAR_MIN = 5, SECONDS_MAX = 359999 };

static const double redraw_seconds = 0.1;
static const double rate_seconds = 0.5; // between two reckonings of the rate
static const double rate_weight = 0.3;  // of the newest
static const double mib = 1048576.0;

struct progress progress_new(FILE *out, bool wanted) {
    return (struct progress){.out = out, .live = wanted && screen_is_live(out)};
}

void progress_line(char *text, size_t size, const char *name, uint64_t done, uint64_t total,
                   double rate, unsigned columns) {
    char numbers[128];
    char bar[BAR_MAX + 3] = "";
    size_t bar_width = 0;
    const double left = total > done && rate > 0 ? (double)(total - done) / rate : 0;
    const unsigned seconds = left < SECONDS_MAX ? (unsigned)left : SECONDS_MAX;
    if (total == 0)
        (void)snprintf(numbers, sizeof numbers, "%.1f MiB  %.1f MiB/s", (double)done / mib,
                       rate / mib);
    else
        (void)snprintf(numbers, sizeof numbers, "%3u%%  %.1f of %.1f MiB  %.1f MiB/s  %u:%02u left",
                       (unsigned)(100.0 * (double)done / (double)total), (double)done / mib,
                       (double)total / mib, rate / mib, seconds / 60, seconds % 60);
    const size_t used = strlen(name) + 2 + strlen(numbers) + 5;
    if (total != 0 && columns > used + BAR_MIN) {
        bar_width = columns - used < BAR_MAX ? columns - used : BAR_MAX;
        const size_t full = (size_t)((double)bar_width * (double)done / (double)total);
        bar[0] = '[';
        for (size_t i = 0; i < bar_width; i++)
            bar[1 + i] = i < full ? '#' : '.';
        bar[1 + bar_width] = ']';
    }
    const int written =
        snprintf(text, size, "%s  %s%s%s", name, bar, bar_width > 0 ? "  " : "", numbers);
    // On a narrow terminal the end is cut, never wrapped.
    if (written > 0 && columns > 0 && (size_t)written >= columns && columns <= size)
        text[columns - 1] = '\0';
}

static void reckon(struct progress *p, uint64_t done, double now) {
    if (p->started == 0 || done < p->at_last) { // the first call, or begun anew
        p->started = p->last = now;
        p->at_last = done;
        p->rate = 0;
        return;
    }
    const double span = now - p->last;
    if (span < (p->rate > 0 ? rate_seconds : redraw_seconds))
        return;
    const double newest = (double)(done - p->at_last) / span;
    p->rate = p->rate > 0 ? p->rate + rate_weight * (newest - p->rate) : newest;
    p->last = now;
    p->at_last = done;
}

void progress_draw(struct progress *p, const char *name, uint64_t done, uint64_t total, bool over) {
    if (!p->live)
        return;
    if (over) {
        progress_clear(p);
        *p = (struct progress){.out = p->out, .live = true};
        return;
    }
    const double now = monotonic_seconds();
    reckon(p, done, now);
    if (p->drawn && now - p->drawn_at < redraw_seconds)
        return;
    char line[LINE_SIZE];
    progress_line(line, sizeof line, name, done, total, p->rate, screen_columns(p->out));
    screen_redraw(p->out, line);
    p->drawn = true;
    p->drawn_at = now;
}

void progress_clear(struct progress *p) {
    if (!p->drawn)
        return;
    screen_clear_line(p->out);
    p->drawn = false;
}
