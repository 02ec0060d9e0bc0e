import { filters, unsupportedFilters } from './built-ins/filters.js';
import { TemplateSyntaxError } from './syntax/lexer.js';
import type { ArgumentNodes, Body, Expression, Parameter, Statement } from './syntax/nodes.js';
import { tests } from './built-ins/tests.js';

/**
 * Refuses a template with a filter or a test that does not exist, as Jinja2 does before it renders anything, unless it
 * stands directly in a condition: there it may be asked for first.
 *
 * @throws TemplateSyntaxError
 */
export function checkNames(body: Body): void {
  for (const statement of body) checkStatement(statement, false);
}

function checkBody(body: Body, inCondition: boolean): void {
  for (const statement of body) checkStatement(statement, inCondition);
}

function checkStatement(node: Statement, inCondition: boolean): void {
  const check = (expression: Expression | undefined, soft = inCondition) => {
    if (expression) checkExpression(expression, soft, node.line);
  };
  const parameters = (list: readonly Parameter[]) => list.forEach((each) => check(each.default, false));
  switch (node.type) {
    case 'output':
    case 'set':
      return check(node.value);
    case 'if':
      for (const { test, body } of node.branches) {
        check(test, true);
        checkBody(body, true);
      }
      return checkBody(node.otherwise, true);
    case 'for':
      check(node.iterable);
      check(node.test, false);
      checkBody(node.body, false);
      return checkBody(node.otherwise, false);
    case 'set block':
    case 'filter block':
      check(node.filter, false);
      return checkBody(node.body, false);
    case 'macro':
      parameters(node.parameters);
      return checkBody(node.body, false);
    case 'call block':
      check(node.call);
      parameters(node.parameters);
      return checkBody(node.body, false);
    case 'with':
      for (const [, value] of node.bindings) check(value);
      return checkBody(node.body, false);
    case 'generation':
      return checkBody(node.body, false);
  }
}

function checkExpression(node: Expression, soft: boolean, line: number): void {
  const check = (expression: Expression | undefined, isSoft = soft) => {
    if (expression) checkExpression(expression, isSoft, line);
  };
  const args = ({ positional, named, list, dict }: ArgumentNodes) => {
    positional.forEach((each) => check(each));
    named.forEach(([, value]) => check(value));
    check(list);
    check(dict);
  };
  switch (node.type) {
    case 'list':
    case 'tuple':
    case 'concat':
      return node.items.forEach((item) => check(item));
    case 'dict':
      return node.items.forEach(([key, value]) => (check(key), check(value)));
    case 'attribute':
      return check(node.object);
    case 'item':
      check(node.object);
      return check(node.index);
    case 'slice':
      check(node.object);
      return node.bounds.forEach((bound) => check(bound));
    case 'call':
      check(node.callee);
      return args(node.args);
    case 'filter':
      if (!soft && !Object.hasOwn(filters, node.name) && !unsupportedFilters.has(node.name))
        throw new TemplateSyntaxError(`there is no filter '${node.name}'`, node.line);
      check(node.operand);
      return args(node.args);
    case 'test':
      if (!soft && !Object.hasOwn(tests, node.name))
        throw new TemplateSyntaxError(`there is no test '${node.name}'`, node.line);
      check(node.operand);
      return args(node.args);
    case 'unary':
      return check(node.operand);
    case 'binary':
    case 'and':
    case 'or':
      check(node.left);
      return check(node.right);
    case 'compare':
      check(node.first);
      return node.rest.forEach(([, value]) => check(value));
    case 'condition':
      check(node.test, true);
      check(node.then, true);
      return check(node.otherwise, true);
  }
}
