#include "stats/histogram_log.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "stats/base64.h"

namespace hone::stats {
namespace {

std::filesystem::path Testdata() {
  return std::filesystem::path(std::getenv("HONE_SOURCE_DIR")) / "src/stats/testdata";
}

// The numbers are what the reference implementation printed when it wrote the file.
TEST(HistogramLog, ReadsTheReferenceImplementation) {
  const auto text = base::ReadFile(Testdata() / "hdrhistogram.hlog");
  ASSERT_TRUE(text);
  const auto log = ReadHistogramLog(*text);
  ASSERT_TRUE(log) << log.error().what;
  EXPECT_EQ(log->start_time_s, 1.7e9);
  EXPECT_EQ(log->base_time_s, 1.7e9);
  ASSERT_EQ(log->intervals.size(), 4U);

  const HistogramInterval& squares = log->intervals[0];
  EXPECT_EQ(squares.tag, "squares");
  EXPECT_EQ(squares.length_ns, 1'000'000'000);
  EXPECT_EQ(squares.histogram.count(), 10000);
  EXPECT_EQ(squares.histogram.ValueAtQuantile(0.5), 25001983);
  EXPECT_EQ(squares.histogram.ValueAtQuantile(0.9), 81002495);
  EXPECT_EQ(squares.histogram.ValueAtQuantile(0.999), 99811327);
  EXPECT_EQ(squares.histogram.Max(), 100007935);
  EXPECT_EQ(squares.histogram.Min(), 0);
  EXPECT_NEAR(squares.histogram.Mean(), 3.33284865791e7, 1);
  Histogram own;
  for (int64_t i = 0; i < 10000; ++i) own.Record(i * i);
  EXPECT_EQ(squares.histogram, own);

  EXPECT_EQ(log->intervals[1].start_ns, 1'000'000'000);
  EXPECT_EQ(log->intervals[1].histogram.count(), 6672);
  EXPECT_EQ(log->intervals[1].histogram.ValueAtQuantile(0.5), 5767167);
  EXPECT_EQ(log->intervals[1].histogram.Max(), 678604832767);

  const Histogram& coarse = log->intervals[2].histogram;  // two digits, in units of 512
  EXPECT_EQ(log->intervals[2].tag, "");
  EXPECT_EQ(coarse.count(), 4995);
  EXPECT_EQ(coarse.Min(), 4608);
  EXPECT_NEAR(static_cast<double>(coarse.ValueAtQuantile(0.5)), 2506751, 2506751 * 0.01);
  EXPECT_TRUE(log->intervals[3].histogram.empty());
}

// Compared before compression, in which versions and levels of zlib differ.
TEST(HistogramLog, EncodesAsTheReferenceImplementation) {
  const auto text = base::ReadFile(Testdata() / "hdrhistogram.hlog");
  ASSERT_TRUE(text);
  const size_t begin = text->find("HISTF");
  const auto framed = DecodeBase64(text->substr(begin, text->find('\n', begin) - begin));
  ASSERT_TRUE(framed);
  std::string payload(1 << 16, '\0');
  uLongf length = payload.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(payload.data()), &length,
                       reinterpret_cast<const Bytef*>(framed->data() + 8), framed->size() - 8),
            Z_OK);
  payload.resize(length);
  Histogram squares;
  for (int64_t i = 0; i < 10000; ++i) squares.Record(i * i);
  EXPECT_EQ(squares.Encode(), payload);
}

TEST(HistogramLog, RoundTrips) {
  HistogramLog log{.comments = {"hone load 1", "a, b"}, .start_time_s = 1.5e9, .base_time_s = 1.5e9};
  for (const std::string tag : {"", "response;GET /orders/{id};ok", "100 %,\tX\x7F", "%41"}) {
    HistogramInterval interval{.tag = tag, .start_ns = 1'234'567'000, .length_ns = 1'000'000'000};
    interval.histogram.RecordMany(1'234'567, 3);
    log.intervals.push_back(interval);
  }
  const std::string text = WriteHistogramLog(log);
  const auto read = ReadHistogramLog(text);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->comments, log.comments);
  ASSERT_EQ(read->intervals.size(), log.intervals.size());
  for (size_t i = 0; i < log.intervals.size(); ++i) {
    EXPECT_EQ(read->intervals[i].tag, log.intervals[i].tag);
    EXPECT_EQ(read->intervals[i].start_ns, log.intervals[i].start_ns);
    EXPECT_EQ(read->intervals[i].histogram, log.intervals[i].histogram);
  }
  EXPECT_EQ(WriteHistogramLog(*read), text);
}

TEST(HistogramLog, BrokenLinesAreNamed) {
  for (const std::string_view line : {"1,2", "x,1,1,HISTF", "1,1,1,HISTFAAA", "Tag=a", "nan,1,1,", "1e300,1,1,"}) {
    const auto log = ReadHistogramLog("#[Histogram log format version 1.3]\n" + std::string(line) + "\n");
    ASSERT_FALSE(log) << line;
    EXPECT_NE(log.error().what.find("Line 2"), std::string::npos) << log.error().what;
  }
  EXPECT_TRUE(ReadHistogramLog(""));
}

}  // namespace
}  // namespace hone::stats
