#include "golang/goroutines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace hone::golang {
namespace {

constexpr size_t kMostFrames = 500;  // Go cuts stacks at 100
constexpr size_t kMostName = 4096;

// Takes the text up to `separator` (or all) off the front; the separator goes, too.
std::string_view TakeUntil(std::string_view& text, char separator) {
  const size_t at = text.find(separator);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

template <typename T>
std::optional<T> WholeNumber(std::string_view text) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

// What the runtime calls a state: words. Anything else is a label or something newer that might hold a value.
std::string ReadState(std::string_view text) {
  text = text.substr(0, text.find(','));
  constexpr size_t kLongest = 60;
  const bool words = text.size() <= kLongest && std::ranges::all_of(text, [](unsigned char c) {
                       return std::isalpha(c) != 0 || c == ' ' || c == '(' || c == ')';
                     });
  return words ? std::string(text) : "unknown";
}

// "goroutine 34 [IO wait, 2 minutes]:", with more between number and state in dumps of a crash.
std::optional<Goroutine> ReadHeading(std::string_view line) {
  constexpr std::string_view kBegin = "goroutine ";
  if (!line.starts_with(kBegin)) return std::nullopt;
  line.remove_prefix(kBegin.size());
  const size_t bracket = line.find(" [");
  const size_t end = line.find(']');
  if (bracket == std::string_view::npos || end == std::string_view::npos || end < bracket) return std::nullopt;
  const auto id = WholeNumber<int64_t>(line.substr(0, line.find(' ')));
  if (!id) return std::nullopt;
  return Goroutine{.id = *id, .state = ReadState(line.substr(bracket + 2, end - bracket - 2))};
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMostName &&
         std::ranges::none_of(name, [](unsigned char c) { return c < ' '; });
}

// "net.(*conn).Read(0xc0001, {0x.., 0x..})" without the arguments, which hold no parenthesis.
std::string_view FunctionOf(std::string_view line) {
  if (!line.ends_with(')')) return {};
  return line.substr(0, line.rfind('('));
}

// "\t/usr/local/go/src/net/net.go:194 +0x45"
bool ReadPlace(std::string_view line, StackFrame& frame) {
  if (!line.starts_with('\t')) return false;
  line.remove_prefix(1);
  if (const size_t offset = line.find(" +0x"); offset != std::string_view::npos) line = line.substr(0, offset);
  const size_t colon = line.rfind(':');
  if (colon == std::string_view::npos || !IsName(line.substr(0, colon))) return false;
  const auto number = WholeNumber<int>(line.substr(colon + 1));
  if (!number) return false;
  frame.file = line.substr(0, colon);
  frame.line = *number;
  return true;
}

// "created by net/http.(*Server).Serve in goroutine 1"
bool ReadCreation(std::string_view line, Goroutine& goroutine) {
  constexpr std::string_view kBegin = "created by ";
  constexpr std::string_view kIn = " in goroutine";
  if (!line.starts_with(kBegin)) return false;
  line.remove_prefix(kBegin.size());
  if (const size_t in = line.rfind(kIn); in != std::string_view::npos) {
    std::string_view number = line.substr(in + kIn.size());
    if (number.starts_with(' ')) number.remove_prefix(1);
    goroutine.creator = WholeNumber<int64_t>(number).value_or(0);
    line = line.substr(0, line.find(kIn));
  }
  if (IsName(line)) goroutine.creation.function = line;
  return true;
}

void ReadFrame(std::string_view line, std::string_view next, Goroutine& goroutine) {
  StackFrame frame;
  if (ReadCreation(line, goroutine)) {
    if (!goroutine.creation.function.empty()) ReadPlace(next, goroutine.creation);
    return;
  }
  const std::string_view function = FunctionOf(line);
  if (!IsName(function) || goroutine.frames.size() >= kMostFrames || !ReadPlace(next, frame)) return;
  frame.function = function;
  goroutine.frames.push_back(std::move(frame));
}

}  // namespace

std::vector<Goroutine> ParseGoroutines(std::string_view dump, size_t most) {
  std::vector<Goroutine> goroutines;
  bool inside = false;
  while (!dump.empty()) {
    std::string_view line = TakeUntil(dump, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto heading = ReadHeading(line)) {
      if (goroutines.size() >= most) break;
      goroutines.push_back(*std::move(heading));
      inside = true;
    } else if (line.empty()) {
      inside = false;
    } else if (inside && !line.starts_with('\t')) {
      std::string_view next = dump.substr(0, dump.find('\n'));
      if (next.ends_with('\r')) next.remove_suffix(1);
      ReadFrame(line, next, goroutines.back());
    }
  }
  return goroutines;
}

std::string FormatGoroutines(std::span<const Goroutine> goroutines) {
  std::string text;
  for (const Goroutine& goroutine : goroutines) {
    text += fmt::format("goroutine {} [{}]:\n", goroutine.id, goroutine.state);
    for (const StackFrame& frame : goroutine.frames)
      text += fmt::format("{}(...)\n\t{}:{}\n", frame.function, frame.file, frame.line);
    if (!goroutine.creation.function.empty() || goroutine.creator > 0) {
      text += "created by " + goroutine.creation.function;
      if (goroutine.creator > 0) text += fmt::format(" in goroutine {}", goroutine.creator);
      text += '\n';
      if (goroutine.creation.line > 0)
        text += fmt::format("\t{}:{}\n", goroutine.creation.file, goroutine.creation.line);
    }
    text += '\n';
  }
  return text;
}

}  // namespace hone::golang
