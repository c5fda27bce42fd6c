// Profiles written down by hand, for tests.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "profile/pprof.h"

namespace hone::profile {

inline constexpr std::string_view kServe = ";github.com/gin-gonic/gin.(*Context).Next;net/http.(*conn).serve";

// A stack below a gin server's frames.
inline std::string Served(std::string_view frames) { return std::string(frames) + std::string(kServe); }

// Builds a profile from stacks like "runtime.mallocgc;main.f:12;net/http.(*conn).serve", leaf first, each frame
// `symbol` or `symbol:line`.
class TestProfile {
 public:
  explicit TestProfile(std::vector<ValueType> types, int64_t period = 0) {
    profile_.types = std::move(types);
    profile_.period = period;
  }
  static TestProfile Cpu() {
    TestProfile cpu({{"samples", "count"}, {"cpu", "nanoseconds"}}, 10'000'000);
    cpu.profile_.period_type = {"cpu", "nanoseconds"};
    cpu.profile_.duration_ns = 1'000'000'000;
    return cpu;
  }
  static TestProfile Heap() {
    return TestProfile(
        {{"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"}},
        524288);
  }
  static TestProfile Mutex() { return TestProfile({{"contentions", "count"}, {"delay", "nanoseconds"}}, 1); }

  TestProfile& Add(std::string_view stack, std::vector<int64_t> values, int64_t block_bytes = 0) {
    while (!stack.empty()) {
      const std::string frame(stack.substr(0, stack.find(';')));
      stack.remove_prefix(std::min(stack.size(), frame.size() + 1));
      profile_.stacks.push_back(Location(frame));
    }
    profile_.sample_stack.push_back(static_cast<uint32_t>(profile_.stacks.size()));
    profile_.values.insert(profile_.values.end(), values.begin(), values.end());
    profile_.block_bytes.push_back(block_bytes);
    return *this;
  }
  TestProfile& Samples(std::string_view stack, int64_t count) { return Add(stack, {count, count * 10'000'000}); }
  const Profile& get() const { return profile_; }

 private:
  uint32_t Location(const std::string& frame) {
    const auto [at, added] = locations_.try_emplace(frame, static_cast<uint32_t>(locations_.size()));
    if (!added) return at->second;
    const size_t colon = frame.rfind(':');
    const bool has_line = colon != std::string::npos && colon > 0;
    profile_.lines.push_back(
        {static_cast<uint32_t>(profile_.functions.size()), has_line ? std::stoll(frame.substr(colon + 1)) : 0});
    profile_.functions.push_back({frame.substr(0, has_line ? colon : frame.size()), "/src/app/file.go", 1});
    profile_.location_lines.push_back(static_cast<uint32_t>(profile_.lines.size()));
    return at->second;
  }

  Profile profile_;
  std::map<std::string, uint32_t> locations_;
};

}  // namespace hone::profile
