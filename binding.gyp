{
  # Drives the same CMake build as `npm run build:native`, so that node-gyp and prebuildify work too. "gypfile": false in
  # package.json keeps npm from compiling by itself, and the file is not published.
  "targets": [
    {
      "target_name": "torchwing",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["build/Release/torchwing_loader.node"],
          "action": ["node", "scripts/build-native.mjs"]
        }
      ]
    }
  ]
}
