#include "engine/drill.h"

#include <algorithm>
#include <map>
#include <memory>

#include "engine/contents.h"
#include "engine/drill_scratch.h"
#include "engine/file_sink.h"
#include "engine/hash_file.h"
#include "engine/restore.h"
#include "engine/room.h"
#include "engine/verify.h"
#include "pages/image.h"
#include "pages/progress_handler.h"

namespace sqbackup {
namespace {

constexpr const char* kNotRun = "not run: nothing could be restored";

std::string counted(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : "; ") + item; }

bool tells_damage(const Status& status) {
  return !status.ok() && (status.code() == Code::kCorrupt || status.code() == Code::kNotADatabase);
}

// What says something about the backup fails a check; anything else ends the drill.
bool is_finding(const Status& status) {
  return tells_damage(status) || status.code() == Code::kSqlite || status.is(Error::kNoKey);
}

Result<DrillVerdict> verdict_of(const Status& status) {
  if (status.ok()) return DrillVerdict{true, ""};
  if (is_finding(status)) return DrillVerdict{false, status.message()};
  return status;
}

class Drill {
 public:
  Drill(const Env& env, BackupDirectory& directory, const DrillRequest& request, Progress& progress)
      : env_(env), directory_(directory), request_(request), progress_(progress) {
    report_.name = request.name;
  }

  Result<DrillReport> run() {
    SQB_TRY(look_at_backup());
    SQB_TRY(clear_leftovers());
    SQB_TRY(require_room(directory_.files(), request_.scratch, room_, "the drill",
                         "choose another scratch directory"));
    SQB_ASSIGN(scratch_, DrillScratch::make(directory_, request_.scratch));
    SQB_TRY(check("restore", [this] { return restore(); }));
    SQB_TRY(check_restored("integrity", [this] { return check_integrity(); }));
    SQB_TRY(check_restored("foreign keys", [this] { return check_foreign_keys(); }));
    SQB_TRY(check_restored("contents", [this] { return check_contents(); }));
    for (const DrillAssertion& assertion : request_.assertions) {
      progress_.begin_phase("asserting", 0);
      SQB_TRY(check_restored("assertion " + assertion.name,
                             [&] { return run_assertion(scratch_->database(), assertion, progress_); }));
    }
    if (request_.fresh_within_millis) SQB_TRY(check("freshness", [this] { return check_freshness(); }));
    compare_with_previous();
    if (Status removed = scratch_->remove(); !removed.ok()) {
      report_.warnings.push_back("the restored copy stays until the next drill: " + removed.message());
    }
    report_.ok = report_.first_failure() == nullptr;
    return std::move(report_);
  }

 private:
  const AgeKeys& keys() const { return request_.keys != nullptr ? *request_.keys : no_keys(); }

  template <typename Body>
  Status check(std::string name, const Body& body) {
    const double begin = env_.clock->monotonic_seconds();
    SQB_ASSIGN(DrillVerdict verdict, body());
    const double seconds = env_.clock->monotonic_seconds() - begin;
    report_.checks.push_back({std::move(name), verdict.ok, std::move(verdict.detail), seconds});
    return {};
  }

  template <typename Body>
  Status check_restored(std::string name, const Body& body) {
    if (there_is_a_copy_) return check(std::move(name), body);
    report_.checks.push_back({std::move(name), false, kNotRun, 0});
    return {};
  }

  Status look_at_backup() {
    auto manifest = load_manifest(directory_, request_.name, keys());
    if (!manifest.ok() && !is_finding(manifest.status())) return manifest.status();
    imported_ = manifest.ok() && !*manifest;
    if (manifest.ok()) manifest_ = std::move(*manifest);
    const auto data = directory_.files().info(directory_.path_of(request_.name), /*follow_symlink=*/false);
    if (imported_ && data.status().is(Error::kNoSuchFile)) {
      return {Error::kNoSuchBackup,
              "there is no backup '" + request_.name + "' in '" + directory_.path() + "'"};
    }
    if (!data.ok() && !data.status().is(Error::kNoSuchFile)) return data.status();
    room_ = std::max(data.ok() ? data->size : 0, manifest_ ? manifest_->database_size : 0);
    if (!manifest_) return {};
    age_millis_ = env_.clock->now() - manifest_->created_at;
    report_.data_age_seconds = static_cast<double>(*age_millis_) / 1000.0;
    if (*age_millis_ < 0)
      report_.warnings.emplace_back("the backup's time is in the future; check the clock");
    return {};
  }

  Status clear_leftovers() {
    SQB_ASSIGN(auto stayed, DrillScratch::clear_leftovers(directory_, request_.scratch));
    for (std::string& text : stayed) report_.warnings.push_back(std::move(text));
    return {};
  }

  Result<DrillVerdict> restore() {
    const double begin = env_.clock->monotonic_seconds();
    std::vector<std::string> reindex;
    FileRestore target;
    target.path = scratch_->database();
    target.reindex = &reindex;
    const Status restored = restore_to_file(directory_, request_.name, keys(), target, progress_);
    for (const std::string& table : reindex)
      report_.warnings.push_back("the application has to run REINDEX on table '" + table + "' of the copy");
    report_.damaged = tells_damage(restored);
    if (restored.ok()) {
      report_.restore_seconds = env_.clock->monotonic_seconds() - begin;
      there_is_a_copy_ = true;
    } else if (is_finding(restored) && !imported_) {
      SQB_TRY(copy_as_it_is());
    }
    SQB_ASSIGN(DrillVerdict verdict, verdict_of(restored));
    if (!there_is_a_copy_) return verdict;
    SQB_ASSIGN(const FileInfo info, directory_.files().info(scratch_->database(), /*follow_symlink=*/false));
    report_.bytes = info.size;
    return verdict;
  }

  // The bytes of a damaged backup, so that one drill tells all that is wrong with it. Not of an imported
  // file: it may be open as a database in this process. Nor of a compressed one, which is no database as it
  // is.
  Status copy_as_it_is() {
    if (!request_.name.ends_with(extension_of({}))) return {};
    auto source = directory_.open_data(request_.name);
    if (source.status().is(Error::kNoSuchFile)) return {};
    if (!source.ok()) return source.status();
    SQB_ASSIGN(const FileInfo info, (*source)->info());
    SQB_ASSIGN(auto target, directory_.files().create(scratch_->database()));
    FileSink out(*target);
    SQB_TRY(hash_file(**source, info.size, &out, "restoring", progress_).status());
    there_is_a_copy_ = true;
    return {};
  }

  Result<DrillVerdict> check_integrity() {
    auto image = open_image(scratch_->database());
    return verdict_of(image.ok() ? check_image(*image, CheckDepth::kIntegrity, progress_) : image.status());
  }

  Result<DrillVerdict> check_foreign_keys() {
    auto image = open_image(scratch_->database());
    if (!image.ok()) return verdict_of(image.status());
    const ProgressHandler handler(*image, progress_);
    std::map<std::string, std::int64_t> violations;
    const Status asked = count_violations(*image, violations);
    SQB_TRY(handler.stopped());
    // A key to columns that are not unique, a collation of the application's: nothing that the backup has
    // lost.
    if (asked.is(Error::kSqliteFailed)) {
      report_.warnings.push_back("foreign keys cannot be judged: " + asked.message());
      return DrillVerdict{true, "not judged: " + asked.message()};
    }
    if (!asked.ok() || violations.empty()) return verdict_of(asked);
    std::string detail;
    for (const auto& [table, rows] : violations) {
      append(detail, "table '" + table + "' has " + counted(rows, "row") + " with a foreign key to nothing");
    }
    return DrillVerdict{false, std::move(detail)};
  }

  // Keys to a table that was left out of the backup are no finding.
  Status count_violations(Connection& image, std::map<std::string, std::int64_t>& violations) {
    SQB_ASSIGN(auto statement,
               image.prepare(manifest_ && manifest_->partial
                                 ? "SELECT * FROM pragma_foreign_key_check WHERE lower(parent) IN"
                                   " (SELECT lower(name) FROM sqlite_schema WHERE type = 'table')"
                                 : "PRAGMA foreign_key_check"));
    while (true) {
      SQB_ASSIGN(const bool row, statement.step());
      if (!row) return {};
      ++violations[statement.text(0)];
    }
  }

  Result<DrillVerdict> check_contents() {
    auto image = open_image(scratch_->database());
    if (!image.ok()) return verdict_of(image.status());
    const ProgressHandler handler(*image, progress_);
    std::string problems;
    const Status counting = count_tables(*image, problems);
    SQB_TRY(handler.stopped());
    if (!counting.ok()) return verdict_of(counting);
    tables_known_ = true;
    if (imported_)
      return DrillVerdict{problems.empty(), problems.empty() ? "imported: no manifest" : problems};
    if (!manifest_) return DrillVerdict{false, "not run: the manifest cannot be read"};
    const Status schema = compare_schema(*image);
    SQB_TRY(handler.stopped());
    if (!schema.ok()) return verdict_of(schema);
    compare_rows(problems);
    if (!problems.empty()) return DrillVerdict{false, std::move(problems)};
    std::int64_t rows = 0;
    for (const DrillTable& table : report_.tables) rows += table.rows.value_or(0);
    return DrillVerdict{true, counted(static_cast<std::int64_t>(report_.tables.size()), "table") + ", " +
                                  counted(rows, "row") +
                                  (manifest_->row_counts ? "" : "; the manifest has no row counts")};
  }

  Status count_tables(Connection& image, std::string& problems) {
    SQB_ASSIGN(const auto tables, image_tables(image));
    progress_.begin_phase("counting", tables.size());
    for (const ImageTable& table : tables) {
      const auto rows = count_rows(image, table.name);
      report_.tables.push_back({table.name, rows.ok() ? std::optional(*rows) : std::nullopt});
      if (rows.ok()) {
        SQB_TRY(progress_.advance(report_.tables.size()));
      } else if (!is_finding(rows.status())) {
        return rows.status();
      } else if (!rows.status().is(Error::kSqliteFailed)) {
        // Where SQLite merely misses a collation of the application's, the rows are just not known.
        append(problems, "table '" + table.name + "' cannot be read: " + rows.status().message());
      }
    }
    return {};
  }

  // Without the rows: all that differ are told below, not only the first.
  Status compare_schema(Connection& image) {
    Manifest schema = *manifest_;
    for (TableInfo& table : schema.tables) table.rows.reset();
    return compare_with_manifest(image, schema, progress_);
  }

  void compare_rows(std::string& problems) const {
    // By position, which the schema's hash vouches for.
    for (std::size_t i = 0; i < std::min(report_.tables.size(), manifest_->tables.size()); ++i) {
      const auto& rows = report_.tables[i].rows;
      const auto& expected = manifest_->tables[i].rows;
      if (!rows || !expected || *rows == *expected) continue;
      append(problems, "table '" + report_.tables[i].name + "' holds " + counted(*rows, "row") +
                           " instead of " + std::to_string(*expected));
    }
  }

  Result<DrillVerdict> check_freshness() {
    if (!age_millis_) return DrillVerdict{false, "the age of the data is not known"};
    const std::string text = "the data is " + format_duration(*age_millis_) + " old";
    if (*age_millis_ <= *request_.fresh_within_millis) return DrillVerdict{true, text};
    return DrillVerdict{false, text + ", and may be " + format_duration(*request_.fresh_within_millis)};
  }

  void compare_with_previous() {
    if (!tables_known_) return;
    std::map<std::string, std::optional<std::int64_t>> now;
    for (const DrillTable& table : report_.tables) now[table.name] = table.rows;
    for (const DrillTable& before : request_.previous_tables) {
      const auto found = now.find(before.name);
      if (found == now.end()) {
        report_.warnings.push_back("table '" + before.name + "' is gone since the drill before");
      } else if (before.rows && found->second && *before.rows > 0 && *found->second <= *before.rows / 2) {
        report_.warnings.push_back("table '" + before.name + "' has " + counted(*found->second, "row") +
                                   ", and had " + std::to_string(*before.rows) + " at the drill before");
      }
    }
  }

  const Env& env_;
  BackupDirectory& directory_;
  const DrillRequest& request_;
  Progress& progress_;
  DrillReport report_;
  std::optional<Manifest> manifest_;        // nullopt: none, or it cannot be read
  bool imported_ = false;                   // there is no manifest
  std::optional<std::int64_t> age_millis_;  // nullopt: not known
  std::uint64_t room_ = 0;                  // bytes that the restored database will take
  std::unique_ptr<DrillScratch> scratch_;
  bool there_is_a_copy_ = false;
  bool tables_known_ = false;
};

}  // namespace

Result<DrillReport> run_drill(const Env& env, BackupDirectory& directory, const DrillRequest& request,
                              Progress& progress) {
  auto report = Drill(env, directory, request, progress).run();
  return report.ok() ? std::move(report) : report.status().with_context("restore drill");
}

}  // namespace sqbackup
