// For tests: a private PostgreSQL with one database, as a run of hone's has it.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/task.h"
#include "host/guardian.h"
#include "pg/cluster.h"

namespace hone::ops {

// One server for all tests of a file; they call MakeServer in SetUpTestSuite and DropServer in TearDownTestSuite.
class ClusterTest : public ::testing::Test {
 protected:
  static void MakeServer(const std::string& database, std::string_view schema) {
    root_ = std::make_unique<base::TemporaryDirectory>(*base::TemporaryDirectory::Create("lab"));
    ::chmod(root_->path().c_str(), 0711);  // as the folder of runs is: the server's user must walk through it
    guardian_ = std::make_unique<host::Guardian>(*host::Guardian::Start(root_->path()));
    pg::ClusterOptions options;
    options.folder = *guardian_->MakeFolder("run");
    options.cache = root_->path() / "cache";
    auto cluster = pg::Cluster::Start(options, *guardian_, task_);
    ASSERT_TRUE(cluster) << base::Sentence(cluster.error());
    cluster_ = std::make_unique<pg::Cluster>(*std::move(cluster));
    ASSERT_TRUE(cluster_->CreateDatabase(database));
    const auto made = cluster_->RunSql(database, schema);
    ASSERT_TRUE(made) << base::Sentence(made.error());
  }
  static void DropServer() {
    cluster_.reset();
    guardian_.reset();
    root_.reset();
  }

  static inline std::unique_ptr<base::TemporaryDirectory> root_;
  static inline std::unique_ptr<host::Guardian> guardian_;
  static inline std::unique_ptr<pg::Cluster> cluster_;
  static inline base::Task task_;
};

}  // namespace hone::ops
