// Values that belong together, in a real PostgreSQL.
#include "ops/related_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kRelatedSchema = R"(
CREATE SCHEMA staff;
CREATE TABLE shifts (id int PRIMARY KEY, code text);
CREATE TABLE staff.volunteers (id int PRIMARY KEY, badge text);
CREATE TABLE shift_assignments (shift_id int REFERENCES shifts, volunteer_id int REFERENCES staff.volunteers);
CREATE TABLE shift_reports (shift_id int, volunteer_id int REFERENCES staff.volunteers, text text);
CREATE TABLE hires (id int PRIMARY KEY);
CREATE TABLE hire_lines (id int PRIMARY KEY, hire_id int, swap_id int REFERENCES hire_lines);
CREATE TABLE yards (id int PRIMARY KEY);
CREATE TABLE moods (name text);
CREATE TABLE clubs (id int PRIMARY KEY);
CREATE TABLE boats (id int PRIMARY KEY, club_id int, name text);
CREATE TABLE races (id int PRIMARY KEY, name text, club_id int REFERENCES clubs);
CREATE TABLE race_entries (race_id int REFERENCES races, boat_id int REFERENCES boats);
INSERT INTO clubs VALUES (1), (2);
INSERT INTO races VALUES (10, 'a', 1), (20, 'b', 2), (30, 'c', NULL);
INSERT INTO boats SELECT 100 + n, CASE WHEN n <= 6 THEN 1 ELSE 2 END, 'n' FROM generate_series(1, 8) n;
INSERT INTO race_entries VALUES (10, 101), (20, 107);
INSERT INTO shifts SELECT n, 's' || n FROM generate_series(1, 9) n;
INSERT INTO staff.volunteers SELECT n, 'v' || n FROM generate_series(1, 9) n;
INSERT INTO shift_assignments VALUES (1, 5), (2, 6), (2, 6), (NULL, 7);
INSERT INTO shift_reports VALUES (3, 9, '');
ALTER TABLE hire_lines ADD back bool NOT NULL DEFAULT false;
INSERT INTO hires SELECT n FROM generate_series(1, 4) n;
INSERT INTO hire_lines SELECT 100 + n, CASE WHEN n <= 3 THEN 1 WHEN n <= 8 THEN 2 ELSE 3 END FROM generate_series(1, 12) n;
UPDATE hire_lines SET back = true WHERE id IN (102, 103, 104, 109, 110);
)";

class RelatedValuesTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() { MakeServer("work", kRelatedSchema); }
  static void TearDownTestSuite() { DropServer(); }

  // "outer inner" of each row.
  static std::vector<std::string> Rows(const project::OfColumn& outer, const project::OfColumn& inner,
                                       std::string_view path, Related kind, const RelatedOptions& options = {}) {
    const auto columns = RelatedValues([](const std::string& text) { return cluster_->RunSql("work", text); }, outer,
                                       inner, path, kind, options);
    EXPECT_TRUE(columns) << base::Sentence(columns.error());
    std::vector<std::string> rows;
    for (size_t i = 0; columns && !columns->empty() && i < columns->at(0).size(); ++i)
      rows.push_back(columns->at(0)[i] + " " + columns->at(1)[i]);
    return rows;
  }
};

TEST_F(RelatedValuesTest, ArePairsOfATableBetweenThatThePathNames) {
  const project::OfColumn shift{"shifts", "code"};
  const project::OfColumn volunteer{"staff.volunteers", "id"};
  EXPECT_THAT(Rows(shift, volunteer, "/assignments/x", Related::kPairs), UnorderedElementsAre("s1 5", "s2 6"));
  EXPECT_THAT(Rows(shift, volunteer, "/reports/x", Related::kPairs), ElementsAre("s3 9"));
  EXPECT_THAT(Rows(shift, volunteer, "/people/x", Related::kPairs), IsEmpty()) << "two tables could be meant";
}

TEST_F(RelatedValuesTest, AreThoseOfATableThatRefersToTheOther) {
  EXPECT_THAT(Rows({"hires", "id"}, {"hire_lines", "id"}, "/lines/x", Related::kPairs), ::testing::SizeIs(12));
  EXPECT_THAT(Rows({"hire_lines", "id"}, {"hires", "id"}, "/hires/x", Related::kPairs), ::testing::Contains("101 1"));
  EXPECT_THAT(Rows({"shift_assignments", "volunteer_id"}, {"shifts", "code"}, "/shifts/x", Related::kPairs),
              UnorderedElementsAre("5 s1", "6 s2"));
}

TEST_F(RelatedValuesTest, AreTheMostOfOneThatHasEnough) {
  EXPECT_THAT(Rows({"hires", "id"}, {"hire_lines", "id"}, "/lines", Related::kOfOne),
              ElementsAre("2 104", "2 105", "2 106", "2 107", "2 108"));
  EXPECT_THAT(Rows({"shifts", "id"}, {"staff.volunteers", "id"}, "/assignments", Related::kOfOne), IsEmpty());
  EXPECT_THAT(Rows({"shifts", "id"}, {"staff.volunteers", "id"}, "/assignments", Related::kOfOne, {.least = 1}),
              ElementsAre("1 5"));
}

TEST_F(RelatedValuesTest, AreOfRowsInOneStateWhereThatIsWanted) {
  project::OfColumn line{"hire_lines", "id"};
  line.within = project::Within{"hire_lines", "back", "true"};
  EXPECT_THAT(Rows({"hires", "id"}, line, "/lines", Related::kOfOne, {.least = 1}), ElementsAre("1 102", "1 103"))
      << "of another one more are not back";
}

TEST_F(RelatedValuesTest, AreThoseThatBelongToTheSameThirdThing) {
  const project::OfColumn race{"races", "id"};
  const project::OfColumn boat{"boats", "id"};
  EXPECT_THAT(Rows(race, boat, "/entries", Related::kPairs), UnorderedElementsAre("10 101", "20 107"));
  EXPECT_THAT(Rows(race, boat, "/entries", Related::kPairs, {Relation::kSiblings}),
              UnorderedElementsAre("10 102", "10 103", "10 104", "10 105", "10 106", "20 108"))
      << "the club's boats that are not yet in the race";
  EXPECT_THAT(Rows(race, boat, "/entries", Related::kOfOne, {Relation::kSiblings}),
              ElementsAre("10 102", "10 103", "10 104", "10 105", "10 106"));
  EXPECT_THAT(Rows(race, boat, "/entries", Related::kOfOne, {Relation::kSiblings, {"20"}}), ElementsAre("20 108"));
  EXPECT_THAT(Rows(race, {"shifts", "id"}, "/entries", Related::kPairs, {Relation::kSiblings}), IsEmpty());
}

TEST_F(RelatedValuesTest, OfAPartAreNotThoseThatTheOtherRefersTo) {
  EXPECT_THAT(Rows({"hire_lines", "id"}, {"hires", "id"}, "/x", Related::kPairs, {Relation::kPart}), IsEmpty());
  EXPECT_THAT(Rows({"hires", "id"}, {"hire_lines", "id"}, "/x", Related::kPairs, {Relation::kPart}),
              ::testing::SizeIs(12));
}

TEST_F(RelatedValuesTest, AreNoneWhereNothingRelatesThem) {
  EXPECT_THAT(Rows({"yards", "id"}, {"hire_lines", "id"}, "/lines/x", Related::kPairs), IsEmpty());
  EXPECT_THAT(Rows({"hire_lines", "id"}, {"hire_lines", "id"}, "/lines/x", Related::kPairs), IsEmpty());
  EXPECT_THAT(Rows({"moods", "name"}, {"nowhere", "id"}, "/x", Related::kPairs), IsEmpty());
}

TEST_F(RelatedValuesTest, SayWhatTheServerSaysOfAColumnThatIsNotThere) {
  const auto columns = RelatedValues([](const std::string& text) { return cluster_->RunSql("work", text); },
                                     {"hires", "colour"}, {"hire_lines", "id"}, "/lines/x", Related::kPairs);
  ASSERT_FALSE(columns);
  EXPECT_THAT(base::Sentence(columns.error()), HasSubstr("colour"));
}

}  // namespace
}  // namespace hone::ops
