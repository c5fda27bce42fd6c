// Values of rows in one state and of namesakes, in a real PostgreSQL.
#include "ops/other_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kStatesSchema = R"(
CREATE TYPE stage AS ENUM ('new', 'done');
CREATE TABLE orders (id int PRIMARY KEY, code text, status text, note text, billing_stage stage, is_rush bool);
CREATE TABLE prices (code text, amount int);
CREATE TABLE rooms (code int);
CREATE TABLE moods (id int, name text);
INSERT INTO orders SELECT n, 'o' || n, CASE WHEN n <= 5 THEN 'open' WHEN n <= 14 THEN 'it''s shut' ELSE 'lost' END, 'n' || n,
                   CASE WHEN n <= 4 THEN 'done' ELSE 'new' END::stage, NULL FROM generate_series(1, 16) n;
CREATE TABLE species (id int PRIMARY KEY, name text);
CREATE TABLE zoos (id int PRIMARY KEY);
CREATE TABLE sightings (id int PRIMARY KEY, species_id int REFERENCES species, zoo_id int REFERENCES zoos);
CREATE TABLE photos (species_id int);
INSERT INTO species SELECT n, 's' || n FROM generate_series(1, 5) n;
INSERT INTO zoos VALUES (1);
INSERT INTO sightings VALUES (1, 1, 1), (2, 2, 1), (3, NULL, 1);
INSERT INTO photos VALUES (3);
INSERT INTO prices VALUES ('p1', 1), ('p2', 2), ('p2', 3), (NULL, 4);
)";

class OtherValuesTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() { MakeServer("work", kStatesSchema); }
  static void TearDownTestSuite() { DropServer(); }

  // "what: how many".
  static std::vector<std::string> Told(const base::Result<std::vector<OtherValues>>& found) {
    EXPECT_TRUE(found) << base::Sentence(found.error());
    std::vector<std::string> told;
    for (size_t i = 0; found && i < found->size(); ++i)
      told.push_back((*found)[i].what + ": " + std::to_string((*found)[i].values.size()));
    return told;
  }
  static base::Result<pg::Rows> Ask(const std::string& text) { return cluster_->RunSql("work", text); }
};

TEST_F(OtherValuesTest, AreThoseOfRowsInEachState) {
  EXPECT_THAT(Told(ValuesByState(Ask, {"orders", "id"})),
              ElementsAre("orders.id where status is it's shut: 9", "orders.id where status is open: 5",
                          "orders.id where billing_stage is new: 12", "orders.id where billing_stage is done: 4"))
      << "two lost ones are too few, and nothing is known to be a rush";
  EXPECT_THAT(Told(ValuesByState(Ask, {"moods", "id"})), IsEmpty());
}

TEST_F(OtherValuesTest, SayOfWhichRowsOfTheTableTheyAre) {
  const auto by_state = ValuesByState(Ask, {"orders", "id"});
  ASSERT_TRUE(by_state);
  EXPECT_EQ(by_state->front().state, (project::Within{"orders", "status", "it's shut"}));
  project::OfColumn own{"orders", "id"};
  own.within = project::Within{"orders", "status", "open"};
  const auto of_some = ValuesByState(Ask, own);
  ASSERT_TRUE(of_some);
  EXPECT_EQ(of_some->front().state, std::nullopt) << "others are in that state, too";
}

TEST_F(OtherValuesTest, AreThoseOfRowsThatNothingRefersTo) {
  EXPECT_THAT(Told(ValuesByReference(Ask, {"species", "name"})),
              ElementsAre("species.name that photos refers to: 1", "species.name that no photos refers to: 4",
                          "species.name that sightings refers to: 2", "species.name that no sightings refers to: 3"));
  EXPECT_THAT(Told(ValuesByReference(Ask, {"zoos", "id"})), IsEmpty()) << "all are referred to";
  EXPECT_THAT(Told(ValuesUnreferred(Ask, {"species", "name"})), ElementsAre("species.name that nothing refers to: 2"));
  EXPECT_THAT(Told(ValuesUnreferred(Ask, {"sightings", "id"})), IsEmpty()) << "no table refers to it";
  EXPECT_THAT(Told(ValuesUnreferred(Ask, {"zoos", "id"})), IsEmpty()) << "all are referred to";
}

TEST_F(OtherValuesTest, AreThoseOfColumnsOfTheSameNameAndType) {
  EXPECT_THAT(Told(ValuesOfNamesakes(Ask, {"orders", "code"})), ElementsAre("public.prices.code: 2"));
  EXPECT_THAT(Told(ValuesOfNamesakes(Ask, {"orders", "note"})), IsEmpty());
}

TEST_F(OtherValuesTest, SayWhatTheServerSaysOfAColumnThatIsNotThere) {
  const auto found = ValuesByState(Ask, {"orders", "colour"});
  ASSERT_FALSE(found);
  EXPECT_THAT(base::Sentence(found.error()), ::testing::HasSubstr("colour"));
}

}  // namespace
}  // namespace hone::ops
