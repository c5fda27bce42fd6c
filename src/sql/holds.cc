#include "sql/holds.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace hone::sql {
namespace {

constexpr std::string_view kHoldsHead = "hone holds 1\n";

auto Broken(std::string_view line) {
  return base::Fail(base::Code::kInput, "Not a capture of holds", std::string(line.substr(0, 80)));
}

// The whole numbers of a line; empty where one is none.
std::vector<int64_t> Numbers(std::string_view line) {
  std::vector<int64_t> numbers;
  while (!line.empty()) {
    const size_t space = std::min(line.find(' '), line.size());
    int64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + space, number);
    if (error != std::errc() || end != line.data() + space) return {};
    numbers.push_back(number);
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  return numbers;
}

// Times stand relative to the log's start, so that they are short; 0 stays "unknown".
int64_t Relative(const HoldLog& log, base::Nanos time) { return time == 0 ? -1 : time - log.start_ns; }
base::Nanos Absolute(const HoldLog& log, int64_t relative) { return relative < 0 ? 0 : relative + log.start_ns; }

}  // namespace

std::string Encode(const HoldLog& log) {
  std::string text(kHoldsHead);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "window {} {} {}\n", log.start_ns, log.end_ns, log.dropped);
  for (const ConnectionLife& life : log.connections) {
    fmt::format_to(out, "c {} {} {} {}\n", life.connection, Relative(log, life.opened_ns), Relative(log, life.ready_ns),
                   Relative(log, life.closed_ns));
  }
  for (const Hold& hold : log.holds) {
    fmt::format_to(out, "h {} {} {} {} {}\n", hold.connection, hold.start_ns - log.start_ns,
                   hold.end_ns - hold.start_ns, hold.waited_ns, hold.round_trips);
  }
  return text;
}

base::Result<HoldLog> DecodeHolds(std::string_view bytes) {
  if (!bytes.starts_with(kHoldsHead)) return Broken("its first line");
  bytes.remove_prefix(kHoldsHead.size());
  HoldLog log;
  for (bool first = true; !bytes.empty(); first = false) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    const size_t space = std::min(line.find(' '), line.size());
    const std::string_view kind = line.substr(0, space);
    const std::vector<int64_t> n = Numbers(line.substr(std::min(space + 1, line.size())));
    if (first != (kind == "window")) return Broken(line);
    if (kind == "window" && n.size() == 3) {
      log.start_ns = n[0];
      log.end_ns = n[1];
      log.dropped = n[2];
    } else if (kind == "c" && n.size() == 4) {
      log.connections.push_back(
          {static_cast<uint32_t>(n[0]), Absolute(log, n[1]), Absolute(log, n[2]), Absolute(log, n[3])});
    } else if (kind == "h" && n.size() == 5 && n[2] >= 0) {
      const base::Nanos start = log.start_ns + n[1];
      log.holds.push_back({static_cast<uint32_t>(n[0]), start, start + n[2], n[3], static_cast<uint32_t>(n[4])});
    } else {
      return Broken(line);
    }
  }
  return log;
}

HoldLog Between(const HoldLog& log, base::Nanos start_ns, base::Nanos end_ns) {
  HoldLog part = log;
  part.start_ns = std::max(start_ns, log.start_ns);
  part.end_ns = std::min(end_ns, log.end_ns);
  const auto outside = [&](base::Nanos time) { return time < part.start_ns || time >= part.end_ns; };
  std::erase_if(part.holds, [&](const Hold& hold) { return outside(hold.start_ns); });
  std::erase_if(part.connections, [&](const ConnectionLife& life) {
    return life.opened_ns >= part.end_ns || (life.closed_ns != 0 && life.closed_ns < part.start_ns);
  });
  for (ConnectionLife& life : part.connections) {
    if (life.opened_ns < part.start_ns) life.opened_ns = life.ready_ns = 0;
    if (life.ready_ns >= part.end_ns) life.ready_ns = 0;
    if (life.closed_ns >= part.end_ns) life.closed_ns = 0;
  }
  return part;
}

void HoldRecorder::Start(base::Nanos now, const std::vector<uint32_t>& open, size_t most) {
  *this = HoldRecorder();
  running_ = true;
  most_ = most;
  log_.start_ns = now;
  for (const uint32_t connection : open) {
    lives_[connection] = log_.connections.size();
    log_.connections.push_back({.connection = connection});
  }
}

HoldLog HoldRecorder::Stop(base::Nanos now) {
  log_.end_ns = now;
  // Several threads tell of them: it may be a little out of order.
  std::ranges::stable_sort(log_.holds, {}, [](const Hold& hold) { return std::pair(hold.end_ns, hold.connection); });
  HoldLog log = std::move(log_);
  *this = HoldRecorder();
  return log;
}

void HoldRecorder::Opened(uint32_t connection, base::Nanos now) {
  if (!running_) return;
  lives_[connection] = log_.connections.size();
  log_.connections.push_back({.connection = connection, .opened_ns = now});
}

void HoldRecorder::Ready(uint32_t connection, base::Nanos now) {
  const auto life = lives_.find(connection);
  if (running_ && life != lives_.end()) log_.connections[life->second].ready_ns = now;
}

void HoldRecorder::Closed(uint32_t connection, base::Nanos now) {
  Released(connection, now);
  const auto life = lives_.find(connection);
  if (running_ && life != lives_.end()) log_.connections[life->second].closed_ns = now;
}

void HoldRecorder::Held(uint32_t connection, base::Nanos now, base::Nanos waited) {
  if (running_) under_way_[connection] = {.connection = connection, .start_ns = now, .waited_ns = waited};
}

void HoldRecorder::RoundTrips(uint32_t connection, size_t count) {
  if (!running_ || count == 0) return;
  const auto hold = under_way_.find(connection);
  if (hold != under_way_.end()) hold->second.round_trips += static_cast<uint32_t>(count);
}

void HoldRecorder::Released(uint32_t connection, base::Nanos now) {
  if (!running_) return;
  const auto hold = under_way_.find(connection);
  if (hold == under_way_.end()) return;
  if (log_.holds.size() < most_) {
    hold->second.end_ns = now;
    log_.holds.push_back(hold->second);
  } else {
    ++log_.dropped;
  }
  under_way_.erase(hold);
}

}  // namespace hone::sql
