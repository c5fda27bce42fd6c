#include "sql/holds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

HoldLog Recorded() {
  HoldRecorder recorder;
  recorder.Start(1000, {1}, 3);
  recorder.Held(1, 1100, 0);
  recorder.Opened(2, 1150);
  recorder.RoundTrips(1, 2);
  recorder.Ready(2, 1200);
  recorder.Held(2, 1300, 70);
  recorder.RoundTrips(2, 1);
  recorder.Released(1, 1400);
  recorder.Closed(2, 1500);
  return recorder.Stop(2000);
}

TEST(Holds, AreWhatHappened) {
  const HoldLog log = Recorded();
  EXPECT_THAT(log.holds, ElementsAre(Hold{1, 1100, 1400, 0, 2}, Hold{2, 1300, 1500, 70, 1}));
  EXPECT_THAT(log.connections, ElementsAre(ConnectionLife{1, 0, 0, 0}, ConnectionLife{2, 1150, 1200, 1500}));
}

TEST(Holds, SurviveTheirBytes) {
  const HoldLog log = Recorded();
  EXPECT_EQ(*DecodeHolds(Encode(log)), log);
  EXPECT_EQ(Encode(*DecodeHolds(Encode(log))), Encode(log));
}

TEST(Holds, OtherBytesAreRefused) {
  const std::string good = Encode(Recorded());
  for (const std::string& bad : {std::string(), std::string("hone holds 2\n"), good + "x 1 2\n", good + "h 1 2 3\n",
                                 good + "h 1 2 -3 4 5\n", good + "window 1 2 3\n", good + "c 1 2 3 four\n"}) {
    EXPECT_FALSE(DecodeHolds(bad)) << bad;
  }
  for (size_t length = 1; length + 1 < good.size(); ++length) (void)DecodeHolds(good.substr(0, length));
}

TEST(Holds, BetweenCutsATimeOut) {
  const HoldLog part = Between(Recorded(), 1250, 1450);
  EXPECT_THAT(part.holds, ElementsAre(Hold{2, 1300, 1500, 70, 1}));
  EXPECT_THAT(part.connections, ElementsAre(ConnectionLife{1, 0, 0, 0}, ConnectionLife{2, 0, 0, 0}));
  EXPECT_THAT(Between(Recorded(), 1600, 1700).connections, SizeIs(1));
}

TEST(Holds, BeyondTheRoomAreCounted) {
  HoldRecorder recorder;
  recorder.Start(0, {}, 1);
  for (uint32_t i = 1; i <= 3; ++i) {
    recorder.Held(i, i, 0);
    recorder.Released(i, 10 + i);
  }
  const HoldLog log = recorder.Stop(100);
  EXPECT_THAT(log.holds, SizeIs(1));
  EXPECT_EQ(log.dropped, 2);
}

TEST(Holds, AfterTheEndNothingIsNoted) {
  HoldRecorder recorder;
  recorder.Start(0, {}, 10);
  recorder.Stop(1);
  recorder.Opened(1, 2);
  recorder.Held(1, 3, 0);
  recorder.Released(1, 4);
  EXPECT_THAT(recorder.Stop(5).holds, IsEmpty());
}

}  // namespace
}  // namespace hone::sql
