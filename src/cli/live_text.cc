#include "cli/live_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "cli/text_layout.h"

namespace hone::cli {

std::string LiveText(const sql::LiveView& view, size_t width, size_t most) {
  std::string text = Shorten(fmt::format("{} statements a second; so far {} in {} round trips, {} rows",
                                         base::FormatCount(view.statements_per_second),
                                         base::FormatCount(static_cast<double>(view.statements)),
                                         base::FormatCount(static_cast<double>(view.round_trips)),
                                         base::FormatCount(static_cast<double>(view.rows))),
                             width) +
                     "\n\n";
  text += fmt::format("  {:>7}{:>9}{:>10}{:>10}{:>9}  statement\n", "/s", "calls", "time", "a call", "rows");
  bool suspects = false;
  for (size_t i = 0; i < std::min(view.by_time.size(), most); ++i) {
    const sql::LiveStatement& one = view.by_time[i];
    const auto calls = static_cast<double>(one.executions);
    suspects = suspects || one.suspect;
    const std::string begin = fmt::format(
        "{} {:>7}{:>9}{:>10}{:>10}{:>9}  ", one.suspect ? '!' : ' ', base::FormatCount(one.per_second),
        base::FormatCount(calls), base::FormatDuration(static_cast<double>(one.time)),
        base::FormatDuration(static_cast<double>(one.time) / calls), base::FormatCount(static_cast<double>(one.rows)));
    text += Shorten(begin + Printable(one.text), width) + "\n";
  }
  if (view.by_time.size() > most) text += fmt::format("  and {} more\n", view.by_time.size() - most);
  if (suspects) {
    text += "\n" + Wrap(fmt::format("`!`: ran {} times or more in a row on one connection. A loop? `hone sql` proves "
                                    "it, and names the line",
                                    sql::kSuspectInARow),
                        width, "", "     ");
  }
  return text;
}

}  // namespace hone::cli
