#include "profile/gunzip.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

namespace hone::profile {
namespace {

// Deflate cannot expand by more than this (RFC 1951: 258 bytes for 2 bits), so a small file never makes us reserve
// much.
constexpr size_t kMostExpansion = 1032;

struct Free {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

base::Error Broken(std::string what) { return {base::Code::kInput, std::move(what), {}, "take the profile again"}; }

// Inflates the member at the front of `bytes` to the end of `out`; removes it from `bytes`.
base::Result<void> InflateMember(libdeflate_decompressor* decompressor, std::string_view& bytes, std::string& out,
                                 size_t limit) {
  const size_t start = out.size();
  const size_t most = std::min(limit - start, bytes.size() * kMostExpansion);
  for (size_t room = std::min(most, bytes.size() * 8 + 1024);; room = std::min(most, room * 4)) {
    out.resize(start + room);
    size_t consumed = 0;
    size_t produced = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor, bytes.data(), bytes.size(),
                                                                   out.data() + start, room, &consumed, &produced);
    if (result == LIBDEFLATE_SUCCESS) {
      out.resize(start + produced);
      bytes.remove_prefix(consumed);
      return {};
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
      return std::unexpected(Broken("the gzip data are truncated or corrupt"));
    if (room == most) {
      return std::unexpected(
          Broken(most == limit - start ? "the profile inflates to more than Hone reads" : "the gzip data are corrupt"));
    }
  }
}

}  // namespace

bool LooksGzipped(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

base::Result<std::string> Gunzip(std::string_view bytes, size_t limit) {
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  if (decompressor == nullptr) return std::unexpected(Broken("there is no memory to inflate the profile"));
  std::string out;
  while (!bytes.empty()) {
    HONE_CHECK_OK(InflateMember(decompressor.get(), bytes, out, limit));
  }
  return out;
}

}  // namespace hone::profile
