#include "ops/postman.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

constexpr const char* kCollection = R"({
  "info": {"name": "shop"},
  "variable": [{"key": "base", "value": "http://localhost:8080"}, {"key": "id", "value": "7"}, {"key": "token", "value": ""}],
  "item": [
    {"name": "orders", "item": [
      {"name": "one", "request": {"method": "GET", "url":
        {"raw": "{{base}}/orders/{{id}}?city=New York", "path": ["orders"]}}},
      {"name": "add", "request": {"method": "POST", "url": "{{base}}/orders",
        "body": {"mode": "raw", "raw": "{\"sku\": \"a-{{id}}\", \"by\": \"{{token}}\"}"}}}
    ]},
    {"name": "in", "request": {"method": "POST", "url": {"raw": "{{base}}/token"},
      "body": {"mode": "urlencoded", "urlencoded": [{"key": "client_id", "value": "desk"}, {"key": "n", "value": "{{id}}"}]}}}
  ]
})";

TEST(Postman, CollectionsAreDocumentsOfRequests) {
  EXPECT_EQ(RequestsOfCollection(kCollection),
            "\n\n\n\n\n\nGET http://localhost:8080/orders/7?city=New%20York\n"
            "\nPOST http://localhost:8080/orders\n\n{\"sku\": \"a-7\", \"by\": \"{{token}}\"}\n"
            "\nPOST http://localhost:8080/token\n\nclient_id=desk&n=7\n");
}

TEST(Postman, WhatIsNoneHasNoRequests) {
  for (const char* const none :
       {"", "[]", "{", "{\"item\": 7}", R"({"item": [1, {"request": {"url": {}}}, {"item": {}}]})",
        R"({"variable": [1, {"key": 7}], "item": [{"request": "GET /x"}]})"})
    EXPECT_EQ(RequestsOfCollection(none), "") << none;
}

TEST(Postman, AreKnownByTheirNames) {
  EXPECT_TRUE(IsPostmanCollection("docs/Shop.postman_collection.json"));
  EXPECT_FALSE(IsPostmanCollection("docs/shop.json"));
  EXPECT_FALSE(IsPostmanCollection("docs/shop.postman_environment.json"));
}

}  // namespace
}  // namespace hone::ops
