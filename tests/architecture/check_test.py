#!/usr/bin/env python3
"""The checks find what they are for: each is run over a small tree with a seeded breach."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check  # noqa: E402


class Seeded(unittest.TestCase):
    def breaches(self, name, **files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            subprocess.run(["git", "init", "-q", folder], check=True)
            for path, text in files.items():
                path = path.replace("__", "/").replace("_cpp", ".cpp").replace("_hpp", ".hpp").replace("_txt", ".txt")
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return list(check.CHECKS[name](check.Tree(root)))

    def test_upward_include_is_found(self):
        found = self.breaches("floors", src__sip__via_cpp="#include <pbx/call.hpp>\n")
        self.assertEqual(len(found), 1)
        self.assertIn("src/sip/via.cpp:1", found[0])

    def test_downward_include_is_fine(self):
        self.assertEqual(self.breaches("floors", src__pbx__call_cpp="#include <sip/via.hpp>\n#include <vector>\n"), [])

    def test_programs_do_not_include_each_other(self):
        self.assertEqual(len(self.breaches("floors", src__parley__main_cpp="#include <parleyd/wire.hpp>\n")), 1)

    def test_unknown_folder_is_found(self):
        self.assertEqual(len(self.breaches("floors", src__misc__a_cpp="\n")), 1)

    def test_circle_between_folders_is_found(self):
        found = self.breaches("circles", src__sip__a_cpp="#include <sdp/b.hpp>\n", src__sdp__b_cpp="#include <sip/a.hpp>\n")
        self.assertEqual(found, ["circle: sdp -> sip -> sdp"])

    def test_circle_between_headers_is_found(self):
        found = self.breaches("circles", src__sip__a_hpp="#include <sip/b.hpp>\n", src__sip__b_hpp="#include <sip/a.hpp>\n")
        self.assertEqual(found, ["circle: sip/a.hpp -> sip/b.hpp -> sip/a.hpp"])

    def test_depends_that_lie_are_found(self):
        found = self.breaches("depends", src__sip__CMakeLists_txt="parley_library(DEPENDS base vault)\n",
                              src__sip__a_cpp="#include <base/bytes.hpp>\n#include <sdp/session.hpp>\n")
        self.assertEqual(len(found), 2)
        self.assertIn("does not name it", found[0])
        self.assertIn("names vault", found[1])

    def test_long_file_is_found(self):
        self.assertEqual(len(self.breaches("sizes", src__sip__a_cpp="\n" * 601)), 1)
        self.assertEqual(self.breaches("sizes", src__sip__a_cpp="\n" * 600), [])

    def test_clock_reading_is_found(self):
        self.assertEqual(len(self.breaches("clock", src__pbx__a_cpp="auto t = std::chrono::system_clock::now();\n")), 1)
        self.assertEqual(self.breaches("clock", src__base__clock_cpp="auto t = std::chrono::system_clock::now();\n"), [])


if __name__ == "__main__":
    unittest.main()
