#include "profile/pprof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>

#include "profile/gunzip.h"
#include "profile/test_profile.h"
#include "profile/wire.h"

namespace hone::profile {
namespace {

std::string Gzip(std::string_view bytes) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, bytes.size()), '\0');
  out.resize(libdeflate_gzip_compress(compressor, bytes.data(), bytes.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

// A profile in parts, to be broken one by one.
struct Parts {
  std::string types, samples, locations, functions, strings;
  std::string Joined() const { return types + samples + locations + functions + strings; }
};

std::string Message(uint32_t field, std::string_view body) {
  std::string out;
  PutBytes(out, field, body);
  return out;
}

std::string Numbers(std::initializer_list<std::pair<uint32_t, uint64_t>> fields) {
  std::string out;
  for (const auto& [field, number] : fields) PutNumber(out, field, number);
  return out;
}

Parts Good() {
  Parts parts;
  parts.types = Message(1, Numbers({{1, 1}, {2, 2}}));
  parts.samples = Message(2, Numbers({{1, 7}, {2, 5}}));
  parts.locations = Message(4, Numbers({{1, 7}}) + Message(4, Numbers({{1, 9}, {2, 42}})));
  parts.functions = Message(5, Numbers({{1, 9}, {2, 3}, {4, 4}}));
  for (const char* text : {"", "samples", "count", "main.f", "/src/f.go"}) parts.strings += Message(6, text);
  return parts;
}

std::string WhyNot(std::string_view bytes, const Limits& limits = {}) {
  const auto profile = Decode(bytes, limits);
  if (profile) return "";
  EXPECT_EQ(profile.error().code, base::Code::kInput);
  return profile.error().what;
}

TEST(PprofTest, DecodesAnyOrderOfFields) {
  const Parts parts = Good();
  for (const std::string& bytes :
       {parts.Joined(), parts.strings + parts.functions + parts.locations + parts.samples + parts.types}) {
    const auto profile = Decode(bytes);
    ASSERT_TRUE(profile) << profile.error().what;
    ASSERT_EQ(profile->samples(), 1u);
    EXPECT_EQ(profile->Value(0, 0), 5);
    const Line line = profile->Lines(profile->Stack(0)[0])[0];
    EXPECT_EQ(line.line, 42);
    EXPECT_EQ(profile->functions[line.function].name, "main.f");
    EXPECT_EQ(profile->functions[line.function].file, "/src/f.go");
  }
}

TEST(PprofTest, ReadsGzipInOneOrMoreMembers) {
  const std::string bytes = Good().Joined();
  EXPECT_EQ(WhyNot(Gzip(bytes)), "");
  EXPECT_EQ(WhyNot(Gzip(bytes.substr(0, 20)) + Gzip(bytes.substr(20))), "");
}

TEST(PprofTest, RefusesDamagedBytesWithASentence) {
  const Parts good = Good();
  const std::string bytes = good.Joined();
  EXPECT_THAT(WhyNot(""), testing::HasSubstr("empty"));
  EXPECT_THAT(WhyNot("<!DOCTYPE html><html>"), testing::HasSubstr("HTML"));
  EXPECT_THAT(WhyNot("goroutine profile: total 5\n"), testing::HasSubstr("protocol buffer"));
  const std::string gzip = Gzip(bytes);
  EXPECT_THAT(WhyNot(std::string_view(gzip).substr(0, gzip.size() - 5)), testing::HasSubstr("gzip"));
  EXPECT_THAT(WhyNot(gzip + "more"), testing::HasSubstr("gzip"));
  EXPECT_THAT(WhyNot(bytes.substr(0, bytes.size() - 3)), testing::HasSubstr("end too early"));
  const auto broken = [&](std::string Parts::* part, std::string with) {
    Parts parts = good;
    parts.*part = std::move(with);
    return WhyNot(parts.Joined());
  };
  EXPECT_THAT(broken(&Parts::types, ""), testing::HasSubstr("no value types"));
  EXPECT_THAT(broken(&Parts::types, Message(1, Numbers({{1, 99}}))), testing::HasSubstr("out of range"));
  EXPECT_THAT(broken(&Parts::strings, ""), testing::HasSubstr("string table"));
  EXPECT_THAT(broken(&Parts::functions, ""), testing::HasSubstr("function that it does not have"));
  EXPECT_THAT(broken(&Parts::functions, good.functions + good.functions), testing::HasSubstr("same id"));
  EXPECT_THAT(broken(&Parts::locations, ""), testing::HasSubstr("location that it does not have"));
  EXPECT_THAT(broken(&Parts::locations, good.locations + good.locations), testing::HasSubstr("same id"));
  EXPECT_THAT(broken(&Parts::samples, Message(2, Numbers({{1, 7}}))), testing::HasSubstr("do not fit"));
  EXPECT_THAT(broken(&Parts::samples, Message(2, Numbers({{1, 7}, {2, uint64_t{1} << 63}}))),
              testing::HasSubstr("negative"));
  const std::string huge = Message(2, Numbers({{1, 7}, {2, (uint64_t{1} << 63) - 1}}));
  EXPECT_THAT(broken(&Parts::samples, huge + huge), testing::HasSubstr("64 bits"));
}

TEST(PprofTest, KeepsToItsLimits) {
  const std::string bytes = Good().Joined();
  EXPECT_THAT(WhyNot(bytes, {.bytes = 10}), testing::HasSubstr("larger"));
  EXPECT_THAT(WhyNot(Gzip(std::string(100'000, '\0')), {.bytes = 1000}), testing::HasSubstr("inflates"));
  EXPECT_THAT(WhyNot(bytes, {.entries = 2}), testing::HasSubstr("more entries"));
  EXPECT_THAT(WhyNot(bytes, {.name_bytes = 3}), testing::HasSubstr("longer"));
}

TEST(PprofTest, NamesBecomePrintable) {
  Parts parts = Good();
  parts.strings = "";
  for (const char* text : {"", "samples", "count", "main.\x1b[31m\xff\xc3\xa4\xed\xa0\x80", "/a\nb"})
    parts.strings += Message(6, text);
  const auto profile = Decode(parts.Joined());
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->functions[0].name, "main.?[31m?\xc3\xa4???");
  EXPECT_EQ(profile->functions[0].file, "/a?b");
}

TEST(PprofTest, RedactionDropsLabelsAndIsAFixedPoint) {
  Parts parts = Good();
  parts.strings +=
      Message(6, "user") + Message(6, "alice@example.com") + Message(6, "bytes") + Message(6, "secret comment");
  parts.samples = Message(
      2, Numbers({{1, 7}, {2, 5}}) + Message(3, Numbers({{1, 5}, {2, 6}})) + Message(3, Numbers({{1, 7}, {3, 4096}})));
  const std::string comment = Numbers({{13, 8}});
  const auto once = Redact(Gzip(parts.Joined() + comment));
  ASSERT_TRUE(once);
  EXPECT_THAT(*once, testing::Not(testing::HasSubstr("alice")));
  EXPECT_THAT(*once, testing::Not(testing::HasSubstr("user")));
  EXPECT_THAT(*once, testing::Not(testing::HasSubstr("secret")));
  EXPECT_EQ(*Redact(*once), *once);
  const auto profile = Decode(*once);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->block_bytes, std::vector<int64_t>{4096});
}

TEST(PprofTest, EncodedProfilesReadBack) {
  const Profile profile =
      TestProfile::Heap().Add("main.f:3;main.main:9", {1, 2, 3, 4}, 64).Add("main.g:1;main.main:9", {5, 6, 7, 8}).get();
  const auto read = Decode(Encode(profile));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->values, profile.values);
  EXPECT_EQ(read->stacks, profile.stacks);
  EXPECT_EQ(read->block_bytes, profile.block_bytes);
  EXPECT_EQ(read->types, profile.types);
  EXPECT_EQ(read->kind(), Kind::kHeap);
  EXPECT_EQ(read->period, 524288);
}

TEST(WireTest, VarintsHaveAtMostTenBytes) {
  std::string_view longest = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  uint64_t value = 0;
  EXPECT_TRUE(TakeVarint(longest, value));
  EXPECT_EQ(value, ~uint64_t{0});
  std::string_view too_long = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
  EXPECT_FALSE(TakeVarint(too_long, value));
  WireReader group("\x0b");
  EXPECT_FALSE(group.Next());
  EXPECT_FALSE(group.ok());
}

}  // namespace
}  // namespace hone::profile
