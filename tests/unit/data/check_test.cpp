// What the check finds, each by its code, and what it lets pass.
#include <catch2/catch.hpp>

#include "data/candle_file.hpp"
#include "data/check.hpp"
#include "data/codes.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

namespace {
CheckReport checked(const std::string& rows, CheckOptions o = {}) {
  Scratch dir;
  put(dir / "a_5m.csv", std::string(csv_header) + "\n" + rows);
  const auto r = check_file(dir / "a_5m.csv", o);
  REQUIRE(r);
  return *r;
}
const std::string first = "1704067200,100,110,90,100,1\n";
std::string found(const CheckReport& r) {
  std::string all;
  for (const Finding& f : r.findings) all += (f.fault ? "" : "note ") + f.code + "@" + std::to_string(f.line) + " ";
  return all;
}
}  // namespace

TEST_CASE("good candles are good") {
  const CheckReport r = checked(first + "1704067500,100,110,90,100,0\n");
  CHECK(r.good());
  CHECK(r.candles == 2);
  CHECK(r.step == 300);
  CHECK(r.findings.empty());
}

TEST_CASE("each fault has its code and its line, and the rows behind it are looked at") {
  const CheckReport r = checked(first + "1704067500,100,95,90,100,1\n" + "1704067500,100,110,90,100,-1\n" + "1704067501,100,110,90,100,1\n" +
                                "1704067500,100,110,90,100,1\n" + "1704067500,100,110,90,100,1\n" + "1704067500,100,110,90,101,1\n" +
                                "1704067200,100,110,90,100,1\n" + "x\n" + "1704067800,nan,110,90,100,1\n" + "1704067800000,100,110,90,100,1\n" +
                                "1704068400,100,110,90,100,1\n");
  CHECK(found(r) == "DATA_ROW_INCONSISTENT@3 DATA_ROW_NEGATIVE@4 DATA_ROW_OFF_GRID@5 DATA_ROW_DUPLICATE@7 DATA_ROW_CONFLICT@8 DATA_ROW_OUT_OF_ORDER@9 "
                    "DATA_ROW_MALFORMED@10 DATA_ROW_NOT_A_NUMBER@11 DATA_ROW_OUT_OF_RANGE@12 DATA_GAP@13 ");
  CHECK(r.faults == 10);
  CHECK(r.candles == 3);
  CHECK(r.gaps == 1);
  CHECK(r.missing == 2);
  CHECK_FALSE(r.good());
}

TEST_CASE("gaps of so many candles are told and no fault") {
  const std::string rows = first + "1704068100,100,110,90,100,1\n";
  CheckOptions o;
  o.allow_gaps = 1;
  CHECK_FALSE(checked(rows, o).good());
  o.allow_gaps = 2;
  const CheckReport r = checked(rows, o);
  CHECK(r.good());
  CHECK(found(r) == "note DATA_GAP@3 ");
  CHECK(r.missing == 2);
}

TEST_CASE("a jump is measured against the close before, exactly") {
  CheckOptions o;
  o.max_jump = Decimal::parse("0.5").value();
  CHECK(checked(first + "1704067500,100,150,50,100,1\n", o).good());
  CHECK(found(checked(first + "1704067500,100,150.00000001,50,100,1\n", o)) == "DATA_JUMP@3 ");
  CHECK(found(checked(first + "1704067500,100,150,49.99999999,100,1\n", o)) == "DATA_JUMP@3 ");
  CHECK(found(checked(first + "1704067500,1000,1100,900,1000,1\n1704067800,1000,1100,900,1000,1\n", o)) == "DATA_JUMP@3 ");
  CHECK(checked(first + "1704067500,1000,1100,900,1000,1\n").good());
}

TEST_CASE("what is worth a word is no fault") {
  const CheckReport r = checked(first + "1704067500,100,110,90,100,0.0071911399999999995");
  CHECK(r.good());
  CHECK(found(r) == "note DATA_ROW_ROUNDED@3 note DATA_FILE_NO_FINAL_NEWLINE@3 ");
}

TEST_CASE("all is counted, though not all is listed") {
  std::string rows;
  for (int i = 0; i < 1000; ++i) rows += "x\n";
  CheckOptions o;
  o.listed = 3;
  const CheckReport r = checked(rows, o);
  CHECK(r.findings.size() == 3);
  CHECK(r.faults == 1000);
  CHECK(r.counts.at("DATA_ROW_MALFORMED") == 1000);
}

TEST_CASE("a file that ends in the middle is a finding behind its rows") {
  Scratch dir;
  REQUIRE(write_candles(dir / "a_5m.csv.gz", candles(t0, t0 + 300 * 20'000, 300), Replace::no));
  const std::string all = bytes_of(dir / "a_5m.csv.gz");
  put(dir / "b_5m.csv.gz", all.substr(0, all.size() / 2));
  const auto r = check_file(dir / "b_5m.csv.gz", {});
  REQUIRE(r);
  CHECK(r->candles > 5000);
  CHECK(r->faults == 1);
  CHECK(r->findings.back().code == "DATA_FILE_TRUNCATED");
  put(dir / "c_5m.csv", std::string(csv_header) + "\n");
  CHECK(check_file(dir / "c_5m.csv", {}).error().code == "DATA_FILE_EMPTY");
  put(dir / "d_5m.csv", "x\n");
  CHECK(check_file(dir / "d_5m.csv", {}).error().code == "DATA_HEADER_WRONG");
}

TEST_CASE("every code that is found is in the table") {
  for (const auto code : {code::row_malformed, code::row_not_a_number, code::row_negative, code::row_inconsistent, code::row_out_of_range,
                          code::row_off_grid, code::row_out_of_order, code::row_duplicate, code::row_conflict, code::row_rounded, code::gap,
                          code::jump, code::line_too_long, code::no_final_newline})
    CHECK(std::count_if(codes().begin(), codes().end(), [&](const auto& c) { return c.first == code && !c.second.empty(); }) == 1);
}
