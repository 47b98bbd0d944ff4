import { relative } from 'node:path'
import { isProduct, layerFault, placeOf } from './layers.ts'

/** The part of the linter's syntax tree that imports are made of. */
type Source = { readonly value?: unknown; readonly literal?: { readonly value: unknown } }
type Name = { readonly name?: string; readonly value?: string }
type Specifier = {
  readonly type: string
  readonly importKind?: string
  readonly exportKind?: string
  readonly imported?: Name
  readonly local?: Name
}
type Node = {
  readonly source?: Source | null
  readonly importKind?: string
  readonly exportKind?: string
  readonly specifiers?: readonly Specifier[]
}
type Context = {
  readonly filename: string
  readonly cwd: string
  report(fault: { readonly node: unknown; readonly message: string }): void
}

/** Reports every import that scripts/layers.ts does not allow, in whatever form it is written. */
const layers = {
  create(context: Context) {
    const from = relative(context.cwd, context.filename).replaceAll('\\', '/')
    const judge = (node: Node, names: readonly string[], isType: boolean) => {
      const of = node.source?.value ?? node.source?.literal?.value
      if (node.source === undefined || node.source === null) return
      const message =
        typeof of === 'string' ? layerFault({ from, of, isType, names }) : isProduct(from) ? 'the import names no file' : null
      if (message !== null) context.report({ node, message })
    }
    return {
      Program(node: Node) {
        if (isProduct(from) && placeOf(from) === null)
          context.report({ node, message: `${from} lies in no layer: add its folder to scripts/layers.ts` })
      },
      ImportDeclaration: (node: Node) => judge(node, namesOf(node), isTypeOnly(node)),
      ExportNamedDeclaration: (node: Node) => judge(node, namesOf(node), isTypeOnly(node)),
      ExportAllDeclaration: (node: Node) => judge(node, ['*'], node.exportKind === 'type'),
      ImportExpression: (node: Node) => judge(node, ['*'], false),
      TSImportType: (node: Node) => judge(node, ['*'], true),
    }
  },
}

const isTypeOnly = (node: Node): boolean =>
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.specifiers !== undefined &&
    node.specifiers.length > 0 &&
    node.specifiers.every((specifier) => specifier.importKind === 'type' || specifier.exportKind === 'type'))

function namesOf(node: Node): readonly string[] {
  const specifiers = node.specifiers ?? []
  return specifiers
    .filter((specifier) => specifier.importKind !== 'type')
    .map((specifier) => {
      if (specifier.type === 'ImportNamespaceSpecifier') return '*'
      if (specifier.type === 'ImportDefaultSpecifier') return 'default'
      const name = specifier.imported ?? specifier.local
      return name?.name ?? name?.value ?? ''
    })
}

// The linter looks for the default export.
export default { meta: { name: 'watchbell' }, rules: { layers } }
