import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pictures } from './pictures/pictures.ts'
import { root } from './tool.ts'

/** Draws docs/pictures anew; scripts/pictures.test.ts says whether they are up to date. */
for (const [name, draw] of Object.entries(pictures)) writeFileSync(join(root, 'docs/pictures', `${name}.svg`), draw())
